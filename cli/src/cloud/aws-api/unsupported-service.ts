// AWS's APIs: the answer to calls of services that the local cloud does not emulate.
import type { IncomingMessage } from 'node:http';
import { type Answer, jsonAnswer } from './loopback-server.ts';
import type { Service } from './service.ts';
import { claimedService } from './sigv4-claim.ts';
import { xmlDocument } from './xml.ts';

/** Signing names whose variable has another name: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html */
const variableNames: Readonly<Record<string, string>> = {
  monitoring: 'CLOUDWATCH',
  logs: 'CLOUDWATCH_LOGS',
  states: 'SFN',
  secretsmanager: 'SECRETS_MANAGER',
  'cognito-idp': 'COGNITO_IDENTITY_PROVIDER',
};

/** 501, which no SDK retries, in the protocol of the call. */
export const unsupportedService: Service = {
  async answer(request: IncomingMessage): Promise<Answer> {
    request.resume();
    const { headers, url = '' } = request;
    const service = claimedService(headers, url) ?? 'this service';
    const variable = `AWS_ENDPOINT_URL_${variableNames[service] ?? service.toUpperCase().replaceAll('-', '_')}`;
    const message = `The local cloud of livectl does not emulate ${service}: set ${variable} for the function, or for livectl, to its endpoint; see docs/local-cloud.md.`;
    const code = 'UnknownOperationException';
    if (headers['content-type']?.includes('x-www-form-urlencoded')) {
      const content = { Error: { Type: 'Sender', Code: code, Message: message } };
      return {
        status: 501,
        headers: { 'Content-Type': 'text/xml' },
        body: xmlDocument('ErrorResponse', content),
      };
    }
    return jsonAnswer(501, { __type: code, message }, { 'x-amzn-ErrorType': code });
  },
};
