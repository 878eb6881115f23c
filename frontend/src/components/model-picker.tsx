import { useState } from 'react';
import { readStored, writeStored } from '../util/storage.ts';

/** Kept in this browser, for all conversations. */
const CHOSEN = 'model';

/** The model that the person has chosen of `models`, the first of which is the usual one; undefined for that. */
export function useChosenModel(models: readonly string[]): [string | undefined, (model: string) => void] {
  const [chosen, setChosen] = useState(() => readStored(CHOSEN));
  // A model that is not offered any more is not asked any more.
  const isOther = chosen !== undefined && models.indexOf(chosen) > 0;
  return [isOther ? chosen : undefined, (model) => (setChosen(model), writeStored(CHOSEN, model))];
}

interface ModelPickerProps {
  models: readonly string[];
  model: string | undefined;
  onPick: (model: string) => void;
}

/** Chooses the model that answers from the next message on. */
export function ModelPicker({ models, model, onPick }: ModelPickerProps) {
  return (
    <label className="model-picker">
      <span className="visually-hidden">Model</span>
      <select value={model ?? models[0]} onChange={({ target }) => onPick(target.value)}>
        {models.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
