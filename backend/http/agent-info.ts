import {
  isBaseTool,
  isBaseToolset,
  isLlmAgent,
  type LlmAgent,
  type BaseTool,
  type ToolUnion,
} from '@google/adk';
import type { FunctionDeclaration } from '@google/genai';

/** One agent in app-info; `sub_agents` is snake_case on the wire. */
export interface AgentInfo {
  name: string;
  description: string;
  instruction: string;
  tools: { functionDeclarations: FunctionDeclaration[] }[];
  sub_agents: string[];
}

/** The agent and its descendants by name. As in Python ADK, each sub-agent comes before its parent. */
export async function describeAgents(root: LlmAgent): Promise<Record<string, AgentInfo>> {
  const described = new Map<string, AgentInfo>();
  const visit = async (agent: LlmAgent): Promise<void> => {
    if (described.has(agent.name)) return;
    const subAgents = agent.subAgents.filter((sub) => isLlmAgent(sub));
    for (const sub of subAgents) {
      await visit(sub);
    }
    described.set(agent.name, {
      name: agent.name,
      description: agent.description ?? '',
      instruction: instructionText(agent.instruction),
      tools: await toolsInfo(agent.tools),
      sub_agents: subAgents.map((sub) => sub.name),
    });
  };
  await visit(root);
  return Object.fromEntries(described);
}

/** Providers may need a session's state, so they are named rather than called. */
function instructionText(instruction: LlmAgent['instruction']): string {
  if (typeof instruction === 'string') return instruction;
  return `<InstructionProvider: ${instruction.name || 'anonymous'}>`;
}

async function toolsInfo(tools: readonly ToolUnion[]): Promise<AgentInfo['tools']> {
  const flat = await Promise.all(
    tools.map(async (tool): Promise<BaseTool[]> => {
      if (isBaseTool(tool)) return [tool];
      return isBaseToolset(tool) ? tool.getTools() : [];
    }),
  );
  return (
    flat
      .flat()
      // ADK offers no other way to a declaration.
      .map((tool) => tool._getDeclaration())
      .filter((declaration) => declaration !== undefined)
      .map((declaration) => ({ functionDeclarations: [declaration] }))
  );
}
