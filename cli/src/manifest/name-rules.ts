// Rules of livectl.json about names that are unique on AWS: no two functions may use the same one, and none may be longer than
// AWS allows. The Terraform module has the same rules (modules/functions/names.tf, http-rules.tf).
import { isDeepStrictEqual } from 'node:util';
import { derivedNames, type Naming, sharedParts } from './derived-names.ts';
import type { FunctionText } from './manifest-schema.ts';
import { jsonPath, type Mistake } from './mistakes.ts';

type FunctionTexts = Readonly<Record<string, FunctionText>>;

/** The function and the field that a name comes from. */
interface Owner {
  readonly functionName: string;
  readonly keys: readonly string[];
}

const pathOf = ({ functionName, keys }: Owner) => jsonPath(['functions', functionName, ...keys]);

/** Every mistake that involves more than one function, or the stage's name. */
export function brokenNameRules(functions: FunctionTexts, naming: Naming): Mistake[] {
  return [
    ...wrongNames(functions, naming),
    ...sharedRoutes(functions),
    ...unlikeShared(functions),
    ...overlappingNotifications(functions),
  ];
}

function grouped<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function wrongNames(functions: FunctionTexts, naming: Naming): Mistake[] {
  const names = derivedNames(functions, naming);
  const clashes = [...grouped(names, ({ kind, same }) => `${kind} ${same}`).values()].flatMap((group) => {
    const [first] = group;
    return group
      .filter((one) => first !== undefined && one.id !== first.id)
      .map((one) => ({
        path: pathOf(one),
        text: `names the ${one.kind} "${one.name}", as ${pathOf(first ?? one)} does${one.name === first?.name ? '' : ' (AWS ignores case)'}: change ${one.remedy} in one of them`,
      }));
  });
  const long = names
    .filter(({ most, name }) => name.length > most)
    .map((one) => ({
      path: pathOf(one),
      text: `names the ${one.kind} "${one.name}", which has ${one.name.length} characters; AWS allows ${one.most}: write a shorter ${one.remedy} or stage name`,
    }));
  return [...clashes, ...long];
}

interface Route extends Owner {
  readonly method: string;
  readonly path: string;
}

/** Parameters are compared by position, not by name. */
const shapeOf = (path: string) => path.replace(/\{[^{}+]*/g, '{');

/** Two functions with the same route, or two names for a parameter in one position: API Gateway refuses the second one. */
function sharedRoutes(functions: FunctionTexts): Mistake[] {
  const routes: Route[] = Object.entries(functions).flatMap(([functionName, { triggers }]) => {
    const { http } = triggers;
    if (http === undefined) return [];
    const { method, path } = http;
    if (path !== undefined) return [{ functionName, keys: ['triggers', 'http', 'path'], method, path }];
    const keys = ['triggers', 'http'];
    return [`/${functionName}`, `/${functionName}/{proxy+}`].map((each) => ({
      functionName,
      keys,
      method,
      path: each,
    }));
  });
  const twice = [...grouped(routes, ({ method, path }) => `${method} ${shapeOf(path)}`).values()].flatMap(
    ([first, ...others]) =>
      others.map((route) => ({
        path: pathOf(route),
        text: `has the route ${route.method} ${route.path}, as ${pathOf(first ?? route)} has: change path or method in one of them`,
      })),
  );
  const parameters = routes.flatMap((route) => {
    const segments = route.path.split('/');
    return segments.flatMap((segment, index) =>
      segment.startsWith('{')
        ? [{ ...route, segment, place: shapeOf(segments.slice(0, index + 1).join('/')) }]
        : [],
    );
  });
  // API Gateway's error: "has a conflicting variable on the same hierarchical level".
  const renamed = [...grouped(parameters, ({ place }) => place).values()].flatMap(([first, ...others]) =>
    others
      .filter(({ segment }) => segment !== first?.segment)
      .map((one) => ({
        path: pathOf(one),
        text: `has the parameter ${one.segment} where ${pathOf(first ?? one)} has ${first?.segment}: API Gateway needs one name at one position, so write the same name`,
      })),
  );
  return [...twice, ...renamed];
}

const sameWhereShared = {
  sqs: ['fifo_queue', 'visibility_timeout_seconds', 'max_receive_count'],
  dynamodb: ['hash_key', 'range_key', 'stream_view_type'],
} as const;

/** Functions that share an HTTP API, a queue or a table must agree on its settings. */
function unlikeShared(functions: FunctionTexts): Mistake[] {
  const mistakes: Mistake[] = [];
  const withCors = Object.entries(functions).filter(([, { triggers }]) => triggers.http?.cors !== undefined);
  const [first] = withCors;
  for (const [functionName, { triggers }] of withCors) {
    if (first === undefined || isDeepStrictEqual(triggers.http?.cors, first[1].triggers.http?.cors)) continue;
    const keys = ['triggers', 'http', 'cors'];
    const text = `must be the same as in ${pathOf({ functionName: first[0], keys: [] })}, since all functions share one HTTP API`;
    mistakes.push({ path: pathOf({ functionName, keys }), text });
  }
  const parts = Object.entries(functions).flatMap(([name, { triggers }]) => sharedParts(name, triggers));
  for (const [one, ...others] of grouped(parts, ({ source, part }) => `${source} ${part}`).values()) {
    if (one === undefined || (one.source !== 'sqs' && one.source !== 'dynamodb')) continue;
    const { source } = one;
    const fieldOf = (functionName: string, field: string) =>
      (functions[functionName]?.triggers[source] as Readonly<Record<string, unknown>> | undefined)?.[field];
    for (const field of sameWhereShared[source]) {
      const wanted = fieldOf(one.functionName, field);
      for (const { functionName } of others) {
        const value = fieldOf(functionName, field);
        if (value === wanted) continue;
        const words = (given: unknown) => (given === undefined ? 'left out' : JSON.stringify(given));
        mistakes.push({
          path: pathOf({ functionName, keys: ['triggers', source, field] }),
          text: `is ${words(value)}, and ${pathOf(one)}, which shares the resource, has ${words(wanted)}: write the same value, or use separate resources`,
        });
      }
    }
  }
  return mistakes;
}

/** Maximum number of notifications of a bucket; https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html */
const mostNotifications = 100;

function overlappingNotifications(functions: FunctionTexts): Mistake[] {
  const all = Object.entries(functions).flatMap(
    ([
      functionName,
      {
        triggers: { s3 },
      },
    ]) => {
      if (s3 === undefined) return [];
      const { bucket_arn, bucket_name, events, filter_prefix = '', filter_suffix = '' } = s3;
      const bucket = bucket_arn ?? bucket_name ?? functionName;
      return [{ functionName, keys: ['triggers', 's3'], bucket, events, filter_prefix, filter_suffix }];
    },
  );
  return [...grouped(all, ({ bucket }) => bucket).values()].flatMap((group) => {
    const [extra] = group.slice(mostNotifications);
    const tooMany =
      extra === undefined
        ? []
        : [
            {
              path: pathOf(extra),
              text: `is notification 101 of bucket ${extra.bucket}, and S3 allows ${mostNotifications}: use another bucket for some functions`,
            },
          ];
    const overlaps = group.slice(0, mostNotifications).flatMap((one, index) =>
      group
        .slice(0, index)
        .filter(
          (other) =>
            isOneOf(one.filter_prefix, other.filter_prefix, (a, b) => a.startsWith(b)) &&
            isOneOf(one.filter_suffix, other.filter_suffix, (a, b) => a.endsWith(b)) &&
            one.events.some((event) => other.events.some((another) => isOneOf(event, another, covers))),
        )
        // One other is enough.
        .slice(0, 1)
        .map((other) => ({
          path: pathOf(one),
          text: `overlaps ${pathOf(other)} in bucket ${one.bucket}, which S3 refuses: set filter_prefix, filter_suffix or events so that no event matches both`,
        })),
    );
    return [...tooMany, ...overlaps];
  });
}

function isOneOf(a: string, b: string, covered: (a: string, b: string) => boolean): boolean {
  return covered(a, b) || covered(b, a);
}

/** Whether `event` is one of those that `pattern` matches, e.g. `s3:ObjectCreated:*`. */
function covers(event: string, pattern: string): boolean {
  return event === pattern || (pattern.endsWith('*') && event.startsWith(pattern.slice(0, -1)));
}
