export default async () => 'the default';
