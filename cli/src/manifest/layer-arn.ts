// The ARN of a layer's version, as `layers` of a function names it.

/** What the ARN of a layer version says. */
export interface LayerVersionArn {
  readonly arn: string;
  readonly region: string;
  readonly account: string;
  /** Name and version, e.g. `shared:3`. */
  readonly label: string;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetLayerVersionByArn.html (Arn) */
const form =
  /^arn:aws[a-z-]{0,20}:lambda:([a-z]{2,4}(?:-[a-z]{1,20}){1,3}-\d{1,2}):(\d{12}):layer:([a-zA-Z0-9_-]{1,140}:\d{1,9})$/;

/** Undefined for anything but the ARN of a layer version. Requests go to its Region, so nothing but a Region's name passes. */
export function parseLayerArn(arn: string): LayerVersionArn | undefined {
  const [, region, account, label] = form.exec(arn) ?? [];
  if (region === undefined || account === undefined || label === undefined) return undefined;
  return { arn, region, account, label };
}
