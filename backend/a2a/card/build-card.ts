import { AgentCard, type AgentInterface, type AgentSkill, type SecurityScheme } from '@a2a-js/sdk';
import { isLlmAgent, type BaseAgent } from '@google/adk';
import type { LoadedAgent } from '../../agents/agent-registry.ts';
import type { CallersConfig } from '../../config/identity-config.ts';
import { VERSIONS } from '../wire/version.ts';

/** The parts of a card that do not come from the agent. All are configuration; none come from a request. */
export interface CardFacts {
  /** The address at which peers reach the service, without a trailing slash. */
  publicUrl: string;
  revision: string;
  callers: CallersConfig;
  pushNotifications: boolean;
}

const BINDINGS = ['JSONRPC', 'HTTP+JSON'] as const;
const TEXT = 'text/plain';
const LONGEST_DESCRIPTION = 1_000;

/** Path, below an app's address, of the public keys that verify its card. */
export const KEYS_PATH = '/.well-known/jwks.json';

/** The path of an app's A2A interfaces. */
export const a2aPath = (appName: string): string => `/a2a/${encodeURIComponent(appName)}`;

/**
 * The public card. It holds descriptions only: instructions, models and tools are private to the agent. No required
 * field is left empty, because the SDKs drop empty ones before they sign (A2A issue 2122).
 */
export function publicCard({ appName, rootAgent }: LoadedAgent, facts: CardFacts): AgentCard {
  const url = `${facts.publicUrl}${a2aPath(appName)}`;
  const { schemes, requirements } = security(facts.callers);
  return {
    name: rootAgent.name,
    description: describe(rootAgent),
    version: facts.revision,
    supportedInterfaces: VERSIONS.flatMap((protocolVersion) =>
      BINDINGS.map((protocolBinding): AgentInterface => ({
        url,
        protocolBinding,
        protocolVersion,
        tenant: '',
      })),
    ),
    provider: undefined,
    capabilities: {
      streaming: true,
      pushNotifications: facts.pushNotifications,
      extendedAgentCard: true,
      extensions: [],
    },
    securitySchemes: schemes,
    securityRequirements: requirements,
    defaultInputModes: [TEXT, 'application/json', 'image/*', 'application/pdf'],
    defaultOutputModes: [TEXT],
    skills: skillsOf(appName, rootAgent),
    signatures: [],
  };
}

/** The card for authenticated callers: it also lists the tools. */
export async function extendedCard(agent: LoadedAgent, facts: CardFacts): Promise<AgentCard> {
  const card = publicCard(agent, facts);
  return { ...card, skills: [...card.skills, ...(await toolSkills(agent.rootAgent))] };
}

function describe({ name, description }: BaseAgent): string {
  return (description || `The agent ${name}.`).slice(0, LONGEST_DESCRIPTION);
}

function skillsOf(appName: string, root: BaseAgent): AgentSkill[] {
  const own = skill(appName, root.name, describe(root), ['agent']);
  return [
    own,
    ...root.subAgents.map((sub) => skill(`${appName}/${sub.name}`, sub.name, describe(sub), ['sub-agent'])),
  ];
}

async function toolSkills(root: BaseAgent): Promise<AgentSkill[]> {
  if (!isLlmAgent(root)) return [];
  const tools = await root.canonicalTools();
  return tools.map(({ name, description }) =>
    skill(`tool/${name}`, name, (description || name).slice(0, LONGEST_DESCRIPTION), ['tool']),
  );
}

function skill(id: string, name: string, description: string, tags: string[]): AgentSkill {
  return {
    id,
    name,
    description,
    tags,
    examples: [],
    inputModes: [],
    outputModes: [],
    securityRequirements: [],
  };
}

/** The security requirements that the identity layer really enforces, no more and no less. */
function security({ required, tokens, mutualTls }: CallersConfig): {
  schemes: AgentCard['securitySchemes'];
  requirements: AgentCard['securityRequirements'];
} {
  if (!required) return { schemes: {}, requirements: [] };
  const schemes: Record<string, SecurityScheme> = {};
  if (tokens.audience !== undefined && tokens.peers.length + tokens.services.length > 0) {
    schemes['idToken'] = {
      scheme: {
        $case: 'httpAuthSecurityScheme',
        value: {
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: `An ID token of ${tokens.issuer} for the audience ${tokens.audience}, signed with RS256.`,
        },
      },
    };
    schemes['openId'] = {
      scheme: {
        $case: 'openIdConnectSecurityScheme',
        value: {
          openIdConnectUrl: `${tokens.issuer}/.well-known/openid-configuration`,
          description: 'The issuer of those ID tokens.',
        },
      },
    };
  }
  if (mutualTls.kind !== 'off') {
    const description = `A client certificate on port ${mutualTls.port}, instead of a token or beside it.`;
    schemes['clientCertificate'] = { scheme: { $case: 'mtlsSecurityScheme', value: { description } } };
  }
  return {
    schemes,
    requirements: Object.keys(schemes).map((name) => ({ schemes: { [name]: { list: [] } } })),
  };
}
