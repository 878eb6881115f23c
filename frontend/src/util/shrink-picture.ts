/** Longest side in pixels; the model itself scales larger pictures down. */
const LONGEST_SIDE = 2_048;
const QUALITY = 0.85;

/**
 * The picture as JPEG of at most `maxBytes`; undefined if the browser cannot read it, or it never gets small enough.
 */
export async function shrinkPicture(picture: Blob, maxBytes: number): Promise<Blob | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(picture);
  } catch {
    return undefined;
  }
  try {
    for (let side = LONGEST_SIDE; side >= 256; side /= 2) {
      const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
      const canvas = document.createElement('canvas');
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      const context = canvas.getContext('2d');
      if (!context) return undefined;
      // JPEG has no transparency.
      context.fillStyle = '#fff';
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
      if (blob && blob.size <= maxBytes) return blob;
    }
    return undefined;
  } finally {
    bitmap.close();
  }
}
