// The embedded cloud's reports as events of `--format json`: its sources' events, and what a person should know.
import { errorName } from '../../../protocol/live-debug-error.ts';
import type { CloudEvent } from '../cloud/cloud.ts';
import type { CloudNews } from '../session/session-event.ts';

/** Emits the reportable part of `event`; the stubs' output only if `verbose`. */
export function reportCloud(event: CloudEvent, verbose: boolean, emit: (event: CloudNews) => void): void {
  const ofSource = sourceEvent(event);
  if (ofSource) emit(ofSource);
  if (event.type === 'refused') emit({ event: 'notice', message: refusedWords(event) });
  if (event.type === 'stub_log' && verbose) {
    emit({ event: 'notice', message: `stub of ${event.functionName}: ${event.message}` });
  }
  if (event.type === 'tunnel_log' && verbose)
    emit({ event: 'notice', message: `${event.functionName}: ${event.message}` });
  if (event.type === 'tunnel_failed')
    emit({ event: 'notice', message: `${event.functionName} failed: ${event.reason}` });
  if (event.type === 'deployed_log')
    emit({ event: 'deployed_log', function: event.functionName, message: event.message });
  if (event.type === 'deployed_failed') {
    const { functionName, errorType, message } = event;
    emit({
      event: 'notice',
      message: `the deployed code of ${functionName} failed: ${errorType}: ${message}`,
    });
  }
  if (event.type !== 'stub_failed') return;
  const { functionName, errorType, message, lastLine } = event;
  const output = lastLine === undefined ? '' : `; it printed: ${lastLine}`;
  const isInvalid = errorType === errorName('LD_STUB_CONFIG');
  emit({
    event: 'error',
    code: isInvalid ? 'LD_STUB_CONFIG' : 'LD_INTERNAL',
    message: `stub of ${functionName} failed: ${errorType}: ${message}${isInvalid ? '' : output}`,
    remedy: isInvalid
      ? `correct "environment" of ${functionName} in livectl.json`
      : `check whether a variable in "environment" of ${functionName} prevents Node from starting; --verbose shows the stub’s full output`,
  });
}

function refusedWords({ from, functionName, origin }: Extract<CloudEvent, { type: 'refused' }>): string {
  if (from === 'user') {
    return `a request to ${functionName} from another user of this machine was refused; --allow-other-users allows it`;
  }
  if (from === 'gone') {
    return `a request to ${functionName} was not run: its caller closed the connection before livectl could tell which user it is`;
  }
  const page = origin === undefined ? 'a web page' : `a web page of ${origin}`;
  return `a request to ${functionName} from ${page} was refused; if the page is yours, add its origin to "cors": { "allow_origins": [...] } of the trigger (docs/shared-machines.md)`;
}

/** The event sources' reports as events of `--format json`. */
function sourceEvent(event: CloudEvent): CloudNews | undefined {
  switch (event.type) {
    case 'published': {
      const { source, resource, id, functionNames } = event;
      return { event: 'published', source, resource, id, functions: functionNames };
    }
    case 'retry': {
      const { id, functionName, source, resource, attempt, attempts, delayMs, reason } = event;
      const bound = attempts === undefined ? {} : { attempts };
      const tried = { attempt, ...bound, in_ms: delayMs, reason };
      return { event: 'retry', id, function: functionName, source, resource, ...tried };
    }
    case 'dead_letter': {
      const { functionName, source, resource, ids, attempts, reason, deadLetterQueue } = event;
      const queue = deadLetterQueue === undefined ? {} : { queue: deadLetterQueue };
      return {
        event: 'dead_letter',
        function: functionName,
        source,
        resource,
        ids,
        attempts,
        reason,
        ...queue,
      };
    }
    default:
      return undefined;
  }
}
