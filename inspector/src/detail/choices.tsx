// Inspector page: a few exclusive choices side by side.
import type { VNode } from 'preact';

interface ChoicesProps<Value extends string> {
  readonly label: string;
  readonly options: readonly (readonly [value: Value, label: string])[];
  readonly value: Value;
  readonly choose: (value: Value) => void;
}

export function Choices<Value extends string>({ label, options, value, choose }: ChoicesProps<Value>): VNode {
  return (
    <fieldset class="choices">
      <legend class="unseen">{label}</legend>
      {options.map(([option, text]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => choose(option)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
