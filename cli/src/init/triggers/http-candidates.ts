// What invokes a function through API Gateway: routes of HTTP APIs, and methods of REST APIs.
import type { TerraformResource } from '../terraform-json.ts';
import { type Candidate, formatOne, isText, type ResourcesOf } from './candidate.ts';

const principal = 'apigateway.amazonaws.com';
/** API Gateway takes 10 levels less than this in a path of 1,000 characters or so; a chain in a circle has no end. */
const deepestPath = 60;

/** Every route and method, in the order of their resources; REST APIs last. */
export function httpCandidates(of: ResourcesOf): Candidate[] {
  return [...httpRoutes(of), ...restMethods(of)];
}

function httpRoutes(of: ResourcesOf): Candidate[] {
  const integrations = new Map(
    of('aws_apigatewayv2_integration')
      .filter(({ values }) => isText(values.id))
      .map(({ values }) => [`integrations/${String(values.id)}`, values]),
  );
  const routes = of('aws_apigatewayv2_route').flatMap(({ address, values }) => {
    const integration = isText(values.target) ? integrations.get(values.target) : undefined;
    if (integration === undefined) return [];
    const isFormatOne = integration.payload_format_version === '1.0';
    return [routeCandidate(address, integration.integration_uri, values.route_key, isFormatOne)];
  });
  // An API may have its only route itself.
  const quick = of('aws_apigatewayv2_api')
    .filter(({ values }) => isText(values.target))
    .map(({ address, values }) =>
      routeCandidate(address, values.target, isText(values.route_key) ? values.route_key : '$default', false),
    );
  return [...routes, ...quick];
}

function routeCandidate(address: string, target: unknown, key: unknown, isFormatOne: boolean): Candidate {
  const from = { address, target, principal };
  const differs = isFormatOne ? formatOne : undefined;
  if (key === '$default') return { ...from, content: { kind: 'http', trigger: {}, differs } };
  const [, method = 'ANY', path] = /^([A-Z]{3,7}) (\/\S{0,500})$/.exec(isText(key) ? key : '') ?? [];
  if (path !== undefined) return { ...from, content: route(path, method, differs) };
  const why = !isText(key)
    ? 'its route_key is only known after an apply'
    : 'livectl.json has no WebSocket APIs, only routes such as GET /orders';
  return { ...from, content: { why } };
}

function route(path: string, method: string, differs: string | undefined) {
  return {
    kind: 'http' as const,
    trigger: { path, ...(method === 'ANY' ? {} : { method }) },
    differs,
    isPreferred: method === 'ANY' && path.endsWith('+}'),
  };
}

/** By their integrations, which name method and resource too. */
function restMethods(of: ResourcesOf): Candidate[] {
  const paths = restPaths(of);
  return of('aws_api_gateway_integration')
    .filter(({ values }) => isText(values.uri))
    .map(({ address, values }) => {
      const from = { address, target: values.uri, principal };
      if (values.type !== 'AWS_PROXY')
        return { ...from, content: { why: 'livectl.json has no mapping templates, only AWS_PROXY' } };
      const path = isText(values.resource_id) ? paths(values.resource_id) : undefined;
      if (path === undefined || !isText(values.http_method))
        return { ...from, content: { why: 'its path or method is only known after an apply' } };
      return { ...from, content: route(path, values.http_method, formatOne) };
    });
}

/** The path of a resource by its id: as AWS gives it, else by its parents. */
function restPaths(of: ResourcesOf): (id: string) => string | undefined {
  const resources = new Map<unknown, TerraformResource['values']>(
    of('aws_api_gateway_resource')
      .filter(({ values }) => isText(values.id))
      .map(({ values }) => [values.id, values]),
  );
  const roots = new Set(of('aws_api_gateway_rest_api').map(({ values }) => values.root_resource_id));
  // In code that nothing was applied of, an attribute of AWS is a reference.
  const isRoot = (id: string) => roots.has(id) || /\.root_resource_id\W?$/.test(id);
  return (id) => {
    const parts: string[] = [];
    let at: unknown = id;
    for (let depth = 0; depth < deepestPath && isText(at); depth++) {
      if (isRoot(at)) return `/${parts.join('/')}`;
      const resource = resources.get(at);
      if (resource === undefined) return undefined;
      if (isText(resource.path)) return [resource.path, ...parts].join('/');
      if (!isText(resource.path_part)) return undefined;
      parts.unshift(resource.path_part);
      at = resource.parent_id;
    }
    return undefined;
  };
}
