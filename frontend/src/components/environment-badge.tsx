import type { ServiceInfo } from '../api/types.ts';

/**
 * Shows where answers come from; always visible, so that nobody mistakes a stand-in for the model or staging for their
 * laptop.
 */
export function EnvironmentBadge({ info }: { info: ServiceInfo }) {
  const environment = info.rehearsal ? 'rehearsal' : (info.environment ?? 'unknown environment');
  return (
    <ul className={`environment environment-${environment}`} aria-label="Environment, region and model">
      <li className="environment-name">{environment}</li>
      {info.region && <li>{info.region}</li>}
      {info.modelIsStandIn ? (
        <li
          className="environment-stand-in"
          title={`Stands in for ${info.model ?? 'the model'}: its answers are made up.`}
        >
          {info.model ? `stand-in for ${info.model}` : 'stand-in model'}
        </li>
      ) : (
        info.model && <li className="environment-model">{info.model}</li>
      )}
    </ul>
  );
}
