export const handler = async () => 'a required module';
