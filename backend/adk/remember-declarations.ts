import { isFunctionTool, isLlmAgent, type BaseAgent, type FunctionTool } from '@google/adk';

/**
 * Makes each function tool build its declaration once. ADK asks for it in every model call and converts the zod schema
 * each time, though a tool's parameters never change.
 */
export function rememberDeclarations(agent: BaseAgent): void {
  if (isLlmAgent(agent)) for (const tool of agent.tools) if (isFunctionTool(tool)) rememberDeclaration(tool);
  for (const subAgent of agent.subAgents) rememberDeclarations(subAgent);
}

function rememberDeclaration(tool: FunctionTool): void {
  const make = tool._getDeclaration.bind(tool);
  let text: string | undefined;
  // Return a copy each time: ADK and callbacks may change it.
  tool._getDeclaration = () => JSON.parse((text ??= JSON.stringify(make())));
}
