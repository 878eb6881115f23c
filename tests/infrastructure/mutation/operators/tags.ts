import type { Values } from '../../plan/document.ts';
import { withResources } from '../edit.ts';
import type { Operator } from '../mutant.ts';
import { STACK_NAMES } from '../places.ts';

/** A plan shows a resource's own tags and, under tags_all, those merged with the provider's. */
export const changeTag: Operator = {
  name: 'change-tag',
  title: 'leave out a tag of a resource, or one that all of them have, or give it another value',
  find: (environment) =>
    STACK_NAMES.flatMap((stack) => {
      const { resources } = environment[stack];
      const byBlock = new Map<string, Set<string>>();
      const common = new Set<string>();
      for (const { block, values } of resources) {
        const own = Object.keys((values['tags'] as Values | null) ?? {});
        byBlock.set(block, new Set([...(byBlock.get(block) ?? []), ...own]));
        for (const name of Object.keys((values['tags_all'] as Values | null) ?? {})) {
          if (!own.includes(name)) common.add(name);
        }
      }
      const places = [
        ...[...byBlock].flatMap(([block, names]) => [...names].map((name) => ({ where: block, name }))),
        ...[...common].map((name) => ({ where: 'default_tags', name })),
      ];
      return places.flatMap(({ where, name }) =>
        [undefined, 'another'].map((to) => ({
          id: `change-tag: ${stack} ${where} ${name} -> ${to ?? 'nothing'}`,
          operator: 'change-tag',
          make: () =>
            withResources(environment, stack, (resource) => {
              if (where !== 'default_tags' && resource.block !== where) return resource;
              return { ...resource, values: withTag(resource.values, name, to) };
            }),
        })),
      );
    }),
};

function withTag(values: Values, name: string, to: string | undefined): Values {
  const next = { ...values };
  for (const key of ['tags', 'tags_all']) {
    const tags = values[key] as Values | null | undefined;
    if (!tags || !(name in tags)) continue;
    const { [name]: _, ...others } = tags;
    next[key] = to === undefined ? others : { ...others, [name]: to };
  }
  return next;
}
