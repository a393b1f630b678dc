import 'a-package-nobody-installed';
export const handler = async () => {};
