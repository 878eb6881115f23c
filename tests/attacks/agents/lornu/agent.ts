export { rootAgent } from '../../../../agents/lornu/agent.ts';
