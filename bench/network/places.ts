// Addresses and host names of laptop and Region in the bench's own network.

/** The two ends of the line. */
export const addresses = { laptop: '10.77.0.2', region: '10.77.0.1' } as const;

/**
 * Hosts of the Region. On AWS, too, relay and directory are two hosts, each with connections of its own. Below `localhost`,
 * since the embedded cloud answers to no other name.
 */
export const names = { relay: 'relay.localhost', aws: 'aws.localhost' } as const;
