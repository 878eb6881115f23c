import { type BaseAgent, isBaseTool, isBaseToolset, isLlmAgent } from '@google/adk';

/** One agent in the form of google-adk's `build_graph`; sub-agents are nested. */
interface GraphNode {
  name: string;
  description: string;
  model?: string;
  instruction?: string;
  tools: { name: string; type: 'tool' }[];
  sub_agents: GraphNode[];
}

/** An app's agents and tools as a tree, in google-adk's form (cli/utils/graph_serialization.py). */
export function describeGraph(agent: BaseAgent): GraphNode {
  const { name, description, subAgents } = agent;
  const sub_agents = subAgents.map(describeGraph);
  if (!isLlmAgent(agent)) return { name, description, tools: [], sub_agents };
  const model = typeof agent.model === 'string' ? agent.model : agent.model?.model;
  return {
    name,
    description,
    ...(model === undefined ? {} : { model }),
    ...(typeof agent.instruction === 'string' ? { instruction: agent.instruction } : {}),
    tools: agent.tools.flatMap((tool) =>
      isBaseTool(tool)
        ? [{ name: tool.name, type: 'tool' as const }]
        : isBaseToolset(tool)
          ? [{ name: tool.constructor.name, type: 'tool' as const }]
          : [],
    ),
    sub_agents,
  };
}

type Pair = readonly [from: string, to: string];

/**
 * The tree in Graphviz's DOT language, as google-adk draws it (cli/agent_graph.py): agents as ellipses, tools as boxes,
 * the steps of an event in green.
 */
export function drawGraph(root: GraphNode, highlights: readonly Pair[] = [], isDark = true): string {
  const lines: string[] = [];
  const isLit = (name: string): boolean => highlights.some((pair) => pair.includes(name));
  const node = (name: string, sign: string, shape: string): void => {
    const style = isLit(name)
      ? 'style="filled,rounded" fillcolor="#0F5223" fontcolor="#cccccc"'
      : `color="#cccccc" fontcolor="${isDark ? '#cccccc' : '#333333'}"`;
    lines.push(`  ${quote(name)} [label=${quote(`${sign} ${name}`)} shape=${shape} style=rounded ${style}]`);
  };
  const edge = (from: string, to: string): void => {
    const pair = highlights.find((one) => one.includes(from) && one.includes(to));
    const arrow = pair
      ? pair[0] === from
        ? 'arrowhead=normal'
        : 'arrowhead=normal dir=back'
      : 'arrowhead=none';
    lines.push(`  ${quote(from)} -> ${quote(to)} [color="${pair ? '#69CB87' : '#cccccc'}" ${arrow}]`);
  };
  const draw = (agent: GraphNode): void => {
    node(agent.name, '🤖', 'ellipse');
    for (const { name } of agent.tools) {
      node(name, '🔧', 'box');
      edge(agent.name, name);
    }
    for (const sub of agent.sub_agents) {
      draw(sub);
      edge(agent.name, sub.name);
    }
  };
  draw(root);
  return `strict digraph {\n  graph [bgcolor="${isDark ? '#333537' : '#ffffff'}" rankdir=LR]\n${lines.join('\n')}\n}\n`;
}

const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`;
