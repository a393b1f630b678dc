/** The part of an SNS event that this function reads. */
interface SnsEvent {
  readonly Records: readonly { readonly Sns: { readonly MessageId: string; readonly Message: string } }[];
}

export async function handler(event: SnsEvent) {
  for (const { Sns } of event.Records) {
    const { item = 'nothing' } = JSON.parse(Sns.Message) as { item?: string };
    console.log(`making ${item} for order ${Sns.MessageId}`);
  }
}
