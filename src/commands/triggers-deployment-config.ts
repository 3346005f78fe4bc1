import { asList, asObject, asText, objectAt, type JsonObject } from '../json/untyped.ts';
import { containerNames } from '../trigger/field-path.ts';
import type { WorkloadKind } from '../workload/kinds.ts';
import { keyOf, withSpec } from './stream-object.ts';
import type { ChangedTriggers, TriggerKeeper } from './trigger-keeper.ts';
import { containersNeeded, missingContainers } from './triggers-containers.ts';
import type { FollowedTag, TriggerOrder } from './triggers-order.ts';

/** DeploymentConfigs keep triggers in `spec.triggers` (spec imagestream-system.md 4.5). */
export function deploymentConfigTriggers(kind: WorkloadKind): TriggerKeeper {
  return {
    read: (object) => {
      const triggers = triggersIn(object);
      const images = triggers.filter(isImageChange).map((trigger) => {
        const { automatic, containerNames: names } = objectAt(trigger, 'imageChangeParams');
        return {
          from: followed(trigger, object),
          containers: asList(names).map(asText),
          auto: automatic === true,
        };
      });
      return { ok: true, view: { config: triggers.some(isConfigChange), images } };
    },
    change: (object, order) => {
      const triggers = triggersIn(object);
      const next = changeTriggers(kind, object, triggers, order);
      if (typeof next === 'string') return { ok: false, error: next };
      const isSame = JSON.stringify(next) === JSON.stringify(triggers);
      return changed(isSame ? undefined : withSpec(object, { triggers: next }));
    },
  };
}

function changeTriggers(
  kind: WorkloadKind,
  object: JsonObject,
  triggers: readonly JsonObject[],
  order: Exclude<TriggerOrder, { action: 'list' }>,
): readonly JsonObject[] | string {
  switch (order.action) {
    case 'removeAll':
      return []; // An empty list: without one the server would set its default, a config trigger.
    case 'switch':
      return withConfig(
        triggers.map((trigger) =>
          isImageChange(trigger) ? withParams(trigger, { automatic: order.auto }) : trigger,
        ),
        order.auto,
      );
    case 'setConfig':
      return withConfig(triggers, order.on);
    case 'removeImage':
      return triggers.filter((trigger) => !isOf(trigger, order.from, object));
    case 'setImage':
      return imageSet(kind, object, triggers, order);
  }
}

function imageSet(
  kind: WorkloadKind,
  object: JsonObject,
  triggers: readonly JsonObject[],
  { from, auto, ...order }: Extract<TriggerOrder, { action: 'setImage' }>,
): readonly JsonObject[] | string {
  const { containers, initContainers } = containerNames(kind, object);
  const present = [...containers, ...initContainers];
  const at = triggers.findIndex((trigger) => isOf(trigger, from, object));
  const old = asList(objectAt(triggers[at], 'imageChangeParams').containerNames).map(asText);
  const usual = old.length > 0 ? old : containers.length === 1 ? containers : [];
  const named = order.containers ?? usual;
  if (named.length === 0) return containersNeeded(present);
  const missing = missingContainers(named, present);
  if (missing !== undefined) return missing;
  const params = { automatic: auto, containerNames: named };
  if (at >= 0)
    return triggers.map((trigger, index) => (index === at ? withParams(trigger, params) : trigger));
  const { namespace, name } = from;
  const isOwn = namespace === '' || namespace === keyOf(object).namespace;
  const source = { kind: 'ImageStreamTag', name, ...(isOwn ? {} : { namespace }) };
  return [...triggers, { type: 'ImageChange', imageChangeParams: { ...params, from: source } }];
}

function withConfig(triggers: readonly JsonObject[], on: boolean): readonly JsonObject[] {
  if (!on) return triggers.filter((trigger) => !isConfigChange(trigger));
  return triggers.some(isConfigChange) ? triggers : [{ type: 'ConfigChange' }, ...triggers];
}

function withParams(trigger: JsonObject, params: JsonObject): JsonObject {
  return { ...trigger, imageChangeParams: { ...objectAt(trigger, 'imageChangeParams'), ...params } };
}

function isOf(trigger: JsonObject, from: FollowedTag, object: JsonObject): boolean {
  const { namespace, name } = followed(trigger, object);
  const wanted = from.namespace === keyOf(object).namespace ? '' : from.namespace;
  return isImageChange(trigger) && name === from.name && namespace === wanted;
}

function followed(trigger: JsonObject, object: JsonObject): FollowedTag {
  const { namespace, name } = objectAt(objectAt(trigger, 'imageChangeParams'), 'from');
  const named = asText(namespace);
  return { namespace: named === keyOf(object).namespace ? '' : named, name: asText(name) };
}

function triggersIn(object: JsonObject): readonly JsonObject[] {
  return asList(objectAt(object, 'spec').triggers).map(asObject);
}

function isImageChange({ type }: JsonObject): boolean {
  return type === 'ImageChange';
}

function isConfigChange({ type }: JsonObject): boolean {
  return type === 'ConfigChange';
}

function changed(object: JsonObject | undefined): ChangedTriggers {
  return { ok: true, object };
}
