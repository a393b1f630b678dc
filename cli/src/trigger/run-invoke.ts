// `livectl invoke`: one invocation, its result on stdout, its log and error on stderr.

import { systemClock } from '../../../protocol/clock.ts';
import { afterAnswer, seenInvocation } from '../control/outcome.ts';
import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { errorOutput, type OutputFormat, processOutput, writeBytes } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import { isJson } from '../manifest/is-json.ts';
import type { Place } from '../place.ts';
import { readStdin } from '../read-stdin.ts';
import { httpEnd, httpFrontOf } from '../session/http-front.ts';
import { parseLambdaEvent } from '../session/lambda-event.ts';
import { deployedCodeOf } from './deployed-code.ts';
import { Given } from './given.ts';
import { functionErrorLines, invokeObject, refusalLine } from './invoke-lines.ts';
import { invokeFunction } from './sources/lambda.ts';
import { functionNamed, openTriggerStage, type TriggerStage } from './trigger-stage.ts';

export interface InvokeOptions {
  readonly place: Place;
  readonly functionName: string;
  /** A version, an alias or `$LATEST`; undefined for none. */
  readonly qualifier: string | undefined;
  /** A file, JSON text, or `-`. */
  readonly event: string;
  /** The deployed code answers, even while somebody serves. */
  readonly deployed: boolean;
  readonly format: OutputFormat;
}

/** Invokes once; resolves with the exit code. Rejects if a flag is invalid or the invocation is refused. */
export async function runInvoke(options: InvokeOptions): Promise<number> {
  const payload = await payloadOf(options.event);
  const stage = await openTriggerStage(options.place);
  try {
    return await invoke(options, payload, stage);
  } finally {
    stage.close();
  }
}

async function invoke(options: InvokeOptions, payload: string, stage: TriggerStage): Promise<number> {
  const { format, functionName } = options;
  const called = functionNamed(functionName, stage);
  const { name } = called;
  const target = options.deployed ? deployedCodeOf(called) : called;
  // A livectl that serves does not see what the deployed code answers.
  const watch = options.deployed ? undefined : await stage.watch();
  try {
    const { answer, ids, traces } = await invokeFunction(
      {
        ...target,
        qualifier: options.qualifier ?? target.qualifier,
        payload,
        invocationType: 'RequestResponse',
      },
      stage.aws,
    );
    const body = Buffer.from(answer?.body ?? []);
    const { functionError } = answer ?? {};
    const event = Buffer.from(payload);
    const front = functionError === undefined ? httpFrontOf(parseLambdaEvent(event), event) : undefined;
    const refusal = front && httpEnd(body, front).error;
    const show = format === 'pretty' ? pretty(errorOutput) : () => undefined;
    const sought = { functionName: name, traces };
    const seen = watch && (await seenInvocation(watch, sought, afterAnswer, systemClock, show));
    if (format === 'json') {
      processOutput.line(
        eventLine(invokeObject(name, ids.request_id ?? '', { functionError, refusal, body }, seen)),
      );
    } else if (functionError === undefined) {
      await writeBytes(body);
      if (refusal && seen?.result === undefined) errorOutput.line(refusalLine(refusal, errorOutput.colour));
    } else if (seen?.result === undefined) errorOutput.line(functionErrorLines(body, errorOutput.colour));
    const failed = functionError !== undefined || refusal !== undefined;
    return failed ? exitCodes.failure : exitCodes.ok;
  } finally {
    watch?.close();
  }
}

/** The event's JSON text. Rejects with LD_CONFIG. */
async function payloadOf(event: string): Promise<string> {
  const text = event === '-' || isJson(event) ? event : `@${event.replace(/^@/, '')}`;
  const given = new Given({ event: text }, readStdin);
  return (await given.json('event')) ?? '{}';
}
