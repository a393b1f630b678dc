// What the values of a CloudFormation template are before a deployment: parameters' defaults, conditions, mappings and joined texts.
import { isRecord, recordOf, textOf, unknownValue } from '../written-settings.ts';

const deepest = 50;
const longestText = 100_000;
/** Values of one template; references may fan out. */
const mostSteps = 200_000;

export class TemplateValues {
  readonly #conditions: Readonly<Record<string, unknown>>;
  readonly #mappings: Readonly<Record<string, unknown>>;
  readonly #parameters: Readonly<Record<string, unknown>>;
  readonly #known = new Map<string, boolean | undefined>();
  #steps = 0;

  constructor(template: Readonly<Record<string, unknown>>) {
    this.#conditions = recordOf(template.Conditions);
    this.#mappings = recordOf(template.Mappings);
    this.#parameters = recordOf(template.Parameters);
  }

  /** The value; `unknownValue` in it or for it where only AWS knows, undefined for `AWS::NoValue`. */
  valueOf(value: unknown, depth = 0): unknown {
    if (depth > deepest || ++this.#steps > mostSteps) return unknownValue;
    if (Array.isArray(value))
      return value.map((each) => this.valueOf(each, depth + 1)).filter((each) => each !== undefined);
    if (!isRecord(value)) return value;
    const [[name, argument] = [], second] = Object.entries(value);
    if (name !== undefined && second === undefined && (name === 'Ref' || name.startsWith('Fn::')))
      return this.#call(name, argument, depth + 1);
    const all = Object.entries(value).map(([key, each]) => [key, this.valueOf(each, depth + 1)] as const);
    return Object.fromEntries(all.filter(([, each]) => each !== undefined));
  }

  /** Undefined if only AWS knows, or if there is no such condition. */
  holds(name: string): boolean | undefined {
    if (!this.#known.has(name)) {
      // A condition that refers to itself is unknown.
      this.#known.set(name, undefined);
      const own = Object.hasOwn(this.#conditions, name) ? this.#conditions[name] : undefined;
      this.#known.set(name, this.#truth(own, 0));
    }
    return this.#known.get(name);
  }

  #call(name: string, argument: unknown, depth: number): unknown {
    if (name === 'Ref') return argument === 'AWS::NoValue' ? undefined : this.#parameter(argument);
    if (name === 'Fn::Sub') return this.#substituted(argument, depth);
    if (!Array.isArray(argument)) return unknownValue;
    if (name === 'Fn::If') {
      const [condition, yes, no] = argument;
      const holds = typeof condition === 'string' ? this.holds(condition) : undefined;
      return holds === undefined ? unknownValue : this.valueOf(holds ? yes : no, depth);
    }
    const parts = argument.map((each) => this.valueOf(each, depth));
    const [first, second, third] = parts;
    if (name === 'Fn::Join' && typeof first === 'string' && Array.isArray(second)) {
      const texts = second.map(textOf);
      return texts.includes(undefined) ? unknownValue : cut(texts.join(first));
    }
    if (name === 'Fn::Select' && Array.isArray(second)) return second[Number(textOf(first))] ?? unknownValue;
    if (name === 'Fn::Split' && typeof first === 'string' && first !== '' && typeof second === 'string')
      return second.split(first);
    if (name === 'Fn::FindInMap') {
      const [map, top, key] = [first, second, third].map((each) => textOf(each) ?? '');
      return own(own(own(this.#mappings, map), top), key) ?? unknownValue;
    }
    return unknownValue;
  }

  #parameter(name: unknown): unknown {
    const parameter = typeof name === 'string' ? own(this.#parameters, name) : undefined;
    const { Default: value, NoEcho: hidden, Type: type } = recordOf(parameter);
    // AWS looks the value up; the default is only its name.
    const isLookedUp = typeof type === 'string' && type.startsWith('AWS::SSM::');
    if (value === undefined || isLookedUp || hidden === true || hidden === 'true') return unknownValue;
    return type === 'CommaDelimitedList' && typeof value === 'string'
      ? value.split(',').map((each) => each.trim())
      : value;
  }

  #substituted(argument: unknown, depth: number): unknown {
    const [text, names] = Array.isArray(argument) ? argument : [argument, {}];
    if (typeof text !== 'string' || text.length > longestText) return unknownValue;
    let isUnknown = false;
    const result = text.replace(/\$\{([^{}$]{1,200})\}/g, (_, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      const given = own(recordOf(names), name);
      const value = textOf(given === undefined ? this.#parameter(name) : this.valueOf(given, depth));
      if (value === undefined) isUnknown = true;
      return value ?? '';
    });
    return isUnknown ? unknownValue : cut(result);
  }

  #truth(condition: unknown, depth: number): boolean | undefined {
    if (depth > deepest || ++this.#steps > mostSteps) return undefined;
    const [[name, argument] = []] = Object.entries(recordOf(condition));
    if (name === 'Condition' && typeof argument === 'string') return this.holds(argument);
    if (!Array.isArray(argument)) return undefined;
    if (name === 'Fn::Equals') {
      const [one, other] = argument.map((each) => textOf(this.valueOf(each, depth + 1)));
      return one === undefined || other === undefined ? undefined : one === other;
    }
    const truths = argument.map((each) => this.#truth(each, depth + 1));
    if (name === 'Fn::Not') return truths[0] === undefined ? undefined : !truths[0];
    if (name === 'Fn::And')
      return truths.includes(false) ? false : truths.includes(undefined) ? undefined : true;
    if (name === 'Fn::Or')
      return truths.includes(true) ? true : truths.includes(undefined) ? undefined : false;
    return undefined;
  }
}

function own(value: unknown, name: string | undefined): unknown {
  return isRecord(value) && name !== undefined && Object.hasOwn(value, name) ? value[name] : undefined;
}

function cut(text: string): unknown {
  return text.length > longestText ? unknownValue : text;
}
