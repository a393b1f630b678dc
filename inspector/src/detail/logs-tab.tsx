// Inspector page: what the function logged, by level and text.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { InvocationDetail, LogLine } from '../../../cli/src/recordings/recording.ts';
import { CopyButton } from '../text/copy-button.tsx';
import { CutText } from '../text/cut-text.tsx';
import { Icon } from '../text/icon.tsx';
import { clockTime, count, duration, plural } from '../text/quantities.ts';

const levels: readonly LogLine['level'][] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** So many lines are drawn at first, and more with each request. */
const linesAtOnce = 500;

export function LogsTab({ detail }: { detail: InvocationDetail }): VNode {
  const [least, setLeast] = useState<LogLine['level']>('trace');
  const [wanted, setWanted] = useState('');
  const [isRelative, setIsRelative] = useState(true);
  const [most, setMost] = useState(linesAtOnce);
  const folded = wanted.toLowerCase();
  const lines = detail.lines.filter(
    ({ level, message }) =>
      levels.indexOf(level) >= levels.indexOf(least) &&
      (folded === '' || message.toLowerCase().includes(folded)),
  );
  const begin = Date.parse(detail.at);
  return (
    <div class="logs">
      <div class="viewer-bar">
        <label class="search-field small">
          <Icon name="search" />
          <span class="unseen">Filter log lines</span>
          <input
            type="search"
            placeholder="Filter"
            value={wanted}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        </label>
        <select
          aria-label="Least level"
          class={least === 'trace' ? 'select' : 'select is-set'}
          value={least}
          onChange={(event) =>
            setLeast(levels.find((level) => level === event.currentTarget.value) ?? 'trace')
          }
        >
          {levels.map((level) => (
            <option key={level} value={level}>
              {level === 'trace' ? 'All levels' : level === 'fatal' ? 'fatal' : `${level} and above`}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="button plain"
          title="Switch between time since the start and time of day"
          onClick={() => setIsRelative(!isRelative)}
        >
          {isRelative ? 'Since start' : 'Time of day'}
        </button>
        <span class="spacer" />
        <span class="quiet log-count" role="status">
          {lines.length === detail.lines.length
            ? plural(lines.length, 'line')
            : `${count(lines.length)} of ${count(detail.lines.length)}`}
        </span>
        <CopyButton what="log" text={() => lines.map(lineText).join('\n')} />
      </div>
      {detail.lines.length === 0 && <p class="pane-note">It has logged nothing.</p>}
      <ol class="log-lines" tabIndex={0} aria-label="Log lines">
        {lines.slice(0, most).map((line, index) => (
          <li key={index} class={`log-line level-${line.level}`}>
            <time dateTime={line.at} title={line.at}>
              {isRelative ? `+${duration(Math.max(0, Date.parse(line.at) - begin))}` : clockTime(line.at)}
            </time>
            <span class="level">{line.level}</span>
            <span class="message">
              <CutText text={line.message} most={2000} title="Log line" marked={folded} />
            </span>
          </li>
        ))}
      </ol>
      {lines.length > most && (
        <button type="button" class="button more" onClick={() => setMost(most + 2000)}>
          Show {count(Math.min(2000, lines.length - most))} more
        </button>
      )}
      {detail.lines_left_out !== undefined && detail.lines_left_out > 0 && (
        <p class="pane-note">
          {plural(detail.lines_left_out, 'line')} left out: there were too many, or they were too long.
        </p>
      )}
    </div>
  );
}

function lineText({ at, level, message }: LogLine): string {
  return `${at} ${level.toUpperCase()} ${message}`;
}
