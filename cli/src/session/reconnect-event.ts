// [4] What the relay link reports of its connection, as an event of `serve`.
import type { LinkEvent } from '../relay/relay-link.ts';
import type { SessionEvent } from './session-event.ts';

/** The event for a connection that is lost, being opened again, or back. */
export function reconnectEvent(event: Exclude<LinkEvent, { readonly type: 'dropped' }>): SessionEvent {
  switch (event.type) {
    case 'lost':
      return { event: 'reconnect', state: 'lost', reason: event.reason };
    case 'retrying':
      return { event: 'reconnect', state: 'retrying', reason: event.reason };
    case 'reconnected':
      return { event: 'reconnect', state: 'connected', ms: event.ms };
  }
}
