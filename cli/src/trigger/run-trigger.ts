// `livectl trigger`: finds the source, completes the flags, publishes, and shows the outcome.
import { systemClock } from '../../../protocol/clock.ts';
import { afterAnswer, type SeenInvocation, seenInvocation } from '../control/outcome.ts';
import type { Watch } from '../control/watch.ts';
import { exitCodes } from '../exit-code.ts';
import { type Ask, terminalAsk } from '../log/ask.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import { shellWords } from '../log/shell-words.ts';
import type { Place } from '../place.ts';
import { readStdin } from '../read-stdin.ts';
import { type Chosen, chooseTrigger } from './choose-trigger.ts';
import { type FlagValue, Given, wrong } from './given.ts';
import { answerLines, elsewhereLine, publishedLine, type Triggered, triggerObject } from './trigger-lines.ts';
import { openTriggerStage, type TriggerStage } from './trigger-stage.ts';

export interface TriggerOptions {
  readonly place: Place;
  /** `[source] [function]`. */
  readonly words: readonly string[];
  /** The flags of all sources, without their dashes. */
  readonly flags: Readonly<Record<string, FlagValue>>;
  /** Seconds to wait for the invocation's end; 0 does not wait for it. */
  readonly wait: number;
  readonly format: OutputFormat;
}

/** Publishes one event; resolves with the exit code. Rejects if a flag is invalid or the event is refused. */
export async function runTrigger(options: TriggerOptions): Promise<number> {
  const stage = await openTriggerStage(options.place);
  try {
    return await trigger(options, stage);
  } finally {
    stage.close();
  }
}

async function trigger(options: TriggerOptions, stage: TriggerStage): Promise<number> {
  const { flags, format, wait, words } = options;
  // With --format json, nobody is there to answer questions.
  const ask = format === 'json' ? undefined : terminalAsk();
  const typed = new Given(flags, readStdin);
  const chosen = await chooseTrigger(words, typed, stage, ask);
  const given = await complete(typed, chosen, stage, ask);
  // Before publishing, so that nothing is missed.
  const watch = wait > 0 ? await stage.watch() : undefined;
  try {
    const published = await chosen.trigger.publish(given, stage.aws);
    const head = { source: chosen.trigger.source, function: chosen.each.name, published };
    if (format === 'pretty') processOutput.line(publishedLine(head, processOutput.colour));
    const unheard = published.unheard ?? [];
    const outcome = watch && unheard.length === 0 ? await follow(watch, chosen, published, options) : {};
    const told = outcome.unheard ? { ...published, unheard: [outcome.unheard] } : published;
    const servedBy = watch === undefined && wait > 0 ? await stage.servedBy(head.function) : undefined;
    tell(
      { ...head, published: told, invocation: outcome.seen, servedBy },
      { watched: watch !== undefined, options, stage },
    );
    return exitCode(published.answer, outcome.seen);
  } finally {
    watch?.close();
  }
}

/** Refuses flags of other sources, and asks for missing ones. Throws LD_CONFIG. */
async function complete(
  given: Given,
  { each, trigger }: Chosen,
  { args }: TriggerStage,
  ask: Ask | undefined,
): Promise<Given> {
  const { flags, source } = trigger;
  const foreign = given.names.filter((name) => !flags.includes(name));
  if (foreign.length > 0) {
    const takes = flags.length === 0 ? 'no flags' : flags.map((flag) => `--${flag}`).join(', ');
    throw wrong(
      `${source} does not take ${foreign.map((flag) => `--${flag}`).join(', ')}`,
      `it takes ${takes}`,
    );
  }
  let complete = given;
  for (let [next] = trigger.missing(complete); next && ask; [next] = trigger.missing(complete))
    complete = complete.with(next.flag, await ask(next.question));
  const missing = trigger.missing(complete).map(({ flag }) => `--${flag}`);
  if (missing.length === 0) return complete;
  throw wrong(
    `${source} needs ${missing.join(' and ')}`,
    `${shellWords(['livectl', 'trigger', source, each.name, ...args])} ${missing.map((flag) => `${flag} ...`).join(' ')}`,
  );
}

interface Outcome {
  readonly seen?: SeenInvocation | undefined;
  /** Why there is no invocation, or no end of it. */
  readonly unheard?: string | undefined;
}

/** Waits for the invocation that the event causes, and shows its progress. */
async function follow(
  watch: Watch,
  { each }: Chosen,
  { answer, traces }: Triggered['published'],
  { format, wait }: TriggerOptions,
): Promise<Outcome> {
  const show = format === 'pretty' ? pretty(processOutput) : () => undefined;
  const bounds = answer === undefined ? { begunMs: wait * 1000, endedMs: wait * 1000 } : afterAnswer;
  const sought = { functionName: each.name, traces };
  let unheard: string | undefined;
  let hasEnded = false;
  void watch.ended.then(() => {
    hasEnded = true;
  });
  const seen = await seenInvocation(watch, sought, bounds, systemClock, (event) => {
    if (event.event === 'published') unheard = `the filter or pattern of ${each.name} does not match it`;
    else show(event);
  });
  if (hasEnded && seen?.result === undefined) unheard = 'livectl serve ended meanwhile';
  return { seen, unheard };
}

function tell(
  triggered: Triggered,
  context: { readonly watched: boolean; readonly options: TriggerOptions; readonly stage: TriggerStage },
): void {
  const { options, stage, watched } = context;
  if (options.format === 'json') return processOutput.line(eventLine(triggerObject(triggered)));
  const { answer } = triggered.published;
  // A function's error has already been shown with its stack.
  const told = answer?.functionError !== undefined && triggered.invocation?.result !== undefined;
  if (answer && !told) processOutput.line(answerLines(answer, processOutput.colour));
  const notice = (message: string) => pretty(processOutput)({ event: 'notice', message });
  const { unheard = [] } = triggered.published;
  for (const reason of unheard) notice(reason);
  if (options.wait === 0 || answer || unheard.length > 0) return;
  const { invocation } = triggered;
  if (!watched) notice(elsewhereLine(triggered.servedBy, triggered.function, stage.name, stage.serveCommand));
  else if (invocation === undefined) notice(`no invocation was seen within ${options.wait} s`);
  else if (invocation.result === undefined)
    notice(`still running after ${options.wait} s; --wait SECONDS waits longer`);
}

/** The event was accepted; 1 if the function is known to have failed. */
function exitCode(answer: Triggered['published']['answer'], seen: SeenInvocation | undefined): number {
  const failed =
    answer?.functionError !== undefined ||
    answer?.cutOff ||
    (answer?.status ?? 200) >= 500 ||
    seen?.result?.ok === false;
  return failed ? exitCodes.failure : exitCodes.ok;
}
