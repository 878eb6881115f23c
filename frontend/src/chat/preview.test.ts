import { expect, test } from 'bun:test';
import { parseCsv, toPreview } from './preview.ts';

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

test('HTML is always shown as text', () => {
  expect(toPreview({ mimeType: 'text/html; charset=utf-8', bytes: bytes('<script>x</script>') })).toEqual({
    kind: 'text',
    text: '<script>x</script>',
    language: 'xml',
    cut: false,
  });
});

test('SVG is a picture with a data address, which never has this page’s origin', () => {
  const preview = toPreview({ mimeType: 'image/svg+xml', bytes: bytes('<svg/>') });
  expect(preview).toEqual({ kind: 'image', dataUrl: `data:image/svg+xml;base64,${btoa('<svg/>')}` });
});

test('other types have no preview', () => {
  expect(toPreview({ mimeType: 'application/pdf', bytes: bytes('%PDF') })).toEqual({ kind: 'none' });
});

test('a long text is cut, and says so', () => {
  expect(toPreview({ mimeType: 'text/plain', bytes: bytes('a'.repeat(20_001)) })).toMatchObject({
    cut: true,
  });
});

test('CSV with quotes, commas and line ends inside cells is read by RFC 4180', () => {
  expect(parseCsv('a,b\r\n"1, ""x""\ny",2\n3,')).toEqual([
    ['a', 'b'],
    ['1, "x"\ny', '2'],
    ['3', ''],
  ]);
});

test('a quote that is never closed is part of its cell', () => {
  expect(parseCsv('a,"b')).toEqual([['a', '"b']]);
});
