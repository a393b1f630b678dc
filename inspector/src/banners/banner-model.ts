// Inspector page: what needs attention at once, the worst first.
import type { BuildMessage, ServeSnapshot } from '../api/serve-snapshot.ts';
import type { ServeNews } from '../news/serve-news.ts';
import { plural } from '../text/quantities.ts';

export interface Banner {
  readonly id: string;
  readonly tone: 'bad' | 'warn';
  readonly title: string;
  /** What it means or what to do. */
  readonly text?: string;
  readonly mistakes?: readonly BuildMessage[];
  /** More of them than are listed. */
  readonly more?: number;
  /** Pass to `NewsStore.dismiss`. */
  readonly dismiss?: number;
}

const mostMistakes = 20;
const mostNames = 3;

export function banners(snapshot: ServeSnapshot | undefined, news: ServeNews): Banner[] {
  if (snapshot === undefined) return [];
  const shown: Banner[] = [];
  if (snapshot.displaced)
    shown.push({
      id: 'displaced',
      tone: 'bad',
      title: `${snapshot.displaced.by ?? 'Somebody else'} serves stage ${snapshot.stage} now`,
      text: 'This livectl ends. Start it again to take the stage back.',
    });
  if (snapshot.build === 'failed') shown.push(buildBanner(snapshot.build_errors ?? []));
  const isEnding = news.isStopped || news.stopping !== undefined;
  if (snapshot.relay === 'lost' && !snapshot.displaced && !isEnding)
    shown.push({
      id: 'relay',
      tone: 'warn',
      title: 'The connection to the relay is lost',
      text: 'livectl is connecting again. Invocations fail or wait until then.',
    });
  if (isEnding) shown.push(stopBanner(news));
  for (const { name, reason } of news.failedTunnels.values())
    shown.push({
      id: `tunnel ${name}`,
      tone: 'warn',
      title: `Tunnel ${name} failed`,
      ...(reason ? { text: reason } : {}),
    });
  for (const { number, code, message, remedy } of news.errors)
    shown.push({
      id: `error ${number}`,
      tone: 'warn',
      title: code === '' ? message : `${message} (${code})`,
      ...(remedy ? { text: remedy } : {}),
      dismiss: number,
    });
  return shown;
}

function buildBanner(errors: readonly BuildMessage[]): Banner {
  const functions = [...new Set(errors.flatMap(({ function: name }) => (name === undefined ? [] : [name])))];
  // Functions that share a file have the same errors.
  const mistakes = [
    ...new Map(errors.map((one) => [`${one.file}:${one.line}:${one.column}:${one.text}`, one])).values(),
  ];
  const more = functions.length - mostNames;
  const names = functions.slice(0, mostNames).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return {
    id: 'build',
    tone: 'bad',
    title: names === '' ? 'The build failed' : `${names} ${functions.length === 1 ? 'does' : 'do'} not build`,
    text: 'The last good build, if there is one, keeps answering.',
    mistakes: mistakes.slice(0, mostMistakes),
    ...(mistakes.length > mostMistakes ? { more: mistakes.length - mostMistakes } : {}),
  };
}

function stopBanner({ isStopped, stopping = 0 }: ServeNews): Banner {
  if (isStopped)
    return {
      id: 'stop',
      tone: 'warn',
      title: 'livectl has stopped',
      text: 'Start it again to continue. This page reconnects by itself.',
    };
  return {
    id: 'stop',
    tone: 'warn',
    title: 'livectl is stopping',
    ...(stopping > 0 ? { text: `It finishes ${plural(stopping, 'invocation')} first.` } : {}),
  };
}
