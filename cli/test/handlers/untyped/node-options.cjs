// What this process was started with, as a program that the function starts would see it.
exports.handler = async () => process.env.NODE_OPTIONS ?? null;
