import { serveHere } from '../support/serve-here.ts';

/** A proxy in front of the emulator that a test controls. */
export interface AwsFront {
  url: string;
  /** Refused actions, by their IAM names (iam:GetRole), with the error code. */
  refused: Map<string, 'AccessDenied' | 'ExpiredToken'>;
  /** Values of Service Quotas, by code; the emulator only has those of VPC. */
  quotas: Map<string, number>;
  stop: () => Promise<void>;
}

const REFUSED_MESSAGE = {
  AccessDenied: (action: string) =>
    `User: arn:aws:sts::123456789012:assumed-role/x/y is not authorized to perform: ${action} on resource: *`,
  ExpiredToken: () => 'The security token included in the request is expired',
} as const;

/**
 * A proxy in front of the emulator, which checks neither permissions nor sessions: refuses what a test says, in the
 * formats of AWS's two protocols, and answers for Service Quotas. Forwards everything else.
 */
export function startAwsFront(emulatorUrl: string): AwsFront {
  const refused: AwsFront['refused'] = new Map();
  const quotas: AwsFront['quotas'] = new Map();
  const server = serveHere(async (request) => {
    const body = await request.text();
    const target = request.headers.get('x-amz-target') ?? '';
    const service = /\/\d{8}\/[^/]+\/([^/]+)\/aws4_request/.exec(
      request.headers.get('authorization') ?? '',
    )?.[1];
    const action = `${service}:${target.split('.')[1] ?? new URLSearchParams(body).get('Action') ?? ''}`;
    const code = refused.get(action) ?? refused.get('*');
    if (code) return refusal(target !== '', code, REFUSED_MESSAGE[code](action));
    if (action === 'servicequotas:GetServiceQuota') {
      const value = quotas.get((JSON.parse(body) as { QuotaCode: string }).QuotaCode);
      if (value !== undefined) return json({ Quota: { Value: value } }, 200);
      return json({ __type: 'NoSuchResourceException', message: 'none' }, 400);
    }
    if (action.startsWith('servicequotas:')) {
      return json({ __type: 'NoSuchResourceException', message: 'none' }, 400);
    }
    const { pathname, search } = new URL(request.url);
    const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
    return fetch(`${emulatorUrl}${pathname}${search}`, {
      method: request.method,
      headers: request.headers,
      ...(hasBody ? { body } : {}),
      decompress: false,
    });
  });
  return { url: server.url.origin, refused, quotas, stop: async () => server.stop(true) };
}

function json(body: object, status: number): Response {
  return Response.json(body, { status, headers: { 'content-type': 'application/x-amz-json-1.1' } });
}

/** JSON for services with a target header, XML for those of the query protocol. */
function refusal(isJson: boolean, code: string, message: string): Response {
  if (isJson) return json({ __type: `${code}Exception`, message }, 400);
  const text = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
  return new Response(text, { status: 403, headers: { 'content-type': 'text/xml' } });
}
