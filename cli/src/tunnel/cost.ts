// What a tunnel function costs, about: its run time and its messages, at list prices.

/**
 * US East (N. Virginia), without free tier: https://aws.amazon.com/lambda/pricing/ (Arm, first tier) and
 * https://aws.amazon.com/api-gateway/pricing/ (WebSocket APIs, first tier). NAT gateways, data transfer and DynamoDB are left
 * out: the first two are charged per GB in any case, the third is a few writes a minute.
 */
const usdPerGbSecond = 0.0000133334;
const usdPerInvocation = 0.0000002;
const usdPerMessage = 0.000001;
const usdPerConnectionMinute = 0.00000025;

/** `memory_size` of the module's tunnel function. */
const gigabytes = 0.25;

/** livectl's and the function's. */
const connections = 2;

/** API Gateway meters each message in steps of this size (docs/platform-notes.md). */
export const messageStepBytes = 32 * 1024;

/** How many messages API Gateway counts for a text of this length. */
export function messagesOf(textBytes: number): number {
  return Math.max(1, Math.ceil(textBytes / messageStepBytes));
}

/** In US dollars, for a function that has run for `runMs` milliseconds. */
export function aboutUsd({ messages, runMs }: { readonly messages: number; readonly runMs: number }): number {
  const seconds = Math.max(0, runMs) / 1000;
  return (
    usdPerInvocation +
    seconds * gigabytes * usdPerGbSecond +
    messages * usdPerMessage +
    connections * Math.ceil(seconds / 60) * usdPerConnectionMinute
  );
}
