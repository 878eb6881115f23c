import { type ContractCase, single } from '../case.ts';

/** The service itself: health, version, apps, and unknown paths. */
export const SERVICE_CASES: ContractCase[] = [
  single('GET /health', 'GET', '/health'),
  single('GET /version', 'GET', '/version'),
  single('GET /list-apps', 'GET', '/list-apps'),
  single('GET /list-apps in detail', 'GET', '/list-apps?detailed=true'),
  single('GET /list-apps with a wrong flag', 'GET', '/list-apps?detailed=maybe'),
  single('GET app-info', 'GET', '/apps/probe/app-info'),
  single('GET app-info of an unknown app', 'GET', '/apps/nobody/app-info'),
  single('GET app-info of an internal app', 'GET', '/apps/__internal/app-info'),
  single('an unknown path', 'GET', '/apps/probe/nothing'),
  single('a method that a path does not have', 'DELETE', '/list-apps'),
  single('another method that a path does not have', 'GET', '/run'),
];
