// [5] Which of AWS's two Node runtime clients determines how a handler is called: nodejs24 introduced a new one.

/**
 * `callbacks` up to nodejs22: callbacks, the old context methods, and waiting for the event loop. `promises-only` from nodejs24
 * on: none of these. Sources: AWS's runtime interface client, version 3 (src/*.js) and version 4 (src/**.ts),
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
export type HandlerModel = 'callbacks' | 'promises-only';

/** The model for `AWS_EXECUTION_ENV`, e.g. `AWS_Lambda_nodejs24.x`; for anything but a Node runtime, the older one. */
export function handlerModel(executionEnvironment: string | undefined): HandlerModel {
  const major = /^AWS_Lambda_nodejs(\d+)\.x/.exec(executionEnvironment ?? '')?.[1];
  return Number(major ?? 0) >= 24 ? 'promises-only' : 'callbacks';
}
