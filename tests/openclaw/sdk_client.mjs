// The official TypeScript client, told line by line on stdin what to ask; it answers each in JSON.
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const [command, ...args] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command, args })); // with the SDK's own few variables

const asked = {
  tools: () => client.listTools(),
  resources: () => client.listResources(),
  read: ({ uri }) => client.readResource({ uri }),
  call: async ({ name, given, options }) => {
    const progress = [];
    const onprogress = (it) => progress.push(it.progress);
    const more = { ...options, ...(options?.told ? { onprogress } : {}) };
    const result = await client.callTool({ name, arguments: given }, undefined, more);
    return { ...result, progress };
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { what, ...given } = JSON.parse(line);
  let told;
  try {
    told = { result: await asked[what](given) };
  } catch (error) {
    told = { error: { code: error.code, message: error.message } };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
await client.close();
