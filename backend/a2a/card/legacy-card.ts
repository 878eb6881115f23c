import { AgentCard, type SecurityRequirement, type SecurityScheme } from '@a2a-js/sdk';

type Json = Record<string, unknown>;

/**
 * The card for clients that name no version and may therefore speak 0.3: all of 1.0 plus the fields of 0.3. Clients of
 * either version ignore fields that they do not know.
 */
export function hybridCard(card: AgentCard): Json {
  const legacy = card.supportedInterfaces.filter(({ protocolVersion }) => protocolVersion === '0.3');
  const [preferred, ...others] = legacy;
  const whole = AgentCard.toJSON(card) as Json;
  const schemes = (whole['securitySchemes'] ?? {}) as Record<string, Json>;
  return {
    ...whole,
    protocolVersion: '0.3.0',
    url: preferred?.url,
    preferredTransport: preferred?.protocolBinding,
    additionalInterfaces: [preferred, ...others].map((one) => ({
      url: one?.url,
      transport: one?.protocolBinding,
    })),
    supportsAuthenticatedExtendedCard: card.capabilities?.extendedAgentCard === true,
    securitySchemes: Object.fromEntries(
      Object.entries(card.securitySchemes).map(([name, scheme]) => [
        name,
        { ...schemes[name], ...legacyScheme(scheme) },
      ]),
    ),
    security: card.securityRequirements.map(legacyRequirement),
  };
}

/**
 * Writes every field of the scheme: Python's client builds the 1.0 scheme from these fields alone and verifies the
 * signature over it.
 */
function legacyScheme({ scheme }: SecurityScheme): Json {
  switch (scheme?.$case) {
    case 'httpAuthSecurityScheme':
      return { type: 'http', ...scheme.value };
    case 'openIdConnectSecurityScheme':
      return { type: 'openIdConnect', ...scheme.value };
    case 'mtlsSecurityScheme':
      return { type: 'mutualTLS', ...scheme.value };
    case 'apiKeySecurityScheme':
    case 'oauth2SecurityScheme':
    case undefined:
      return {};
  }
}

function legacyRequirement({ schemes }: SecurityRequirement): Json {
  return Object.fromEntries(Object.entries(schemes).map(([name, { list }]) => [name, list]));
}
