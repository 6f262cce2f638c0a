// AgentMesh for OpenClaw: the mesh_* tools, `/mesh`, the daemon as a service of the gateway, and a
// channel by which messages wake the agent.
import { readFileSync } from "node:fs";
import { channelOf } from "./channel.js";
import { Daemon, run, told } from "./daemon.js";
import { Rooms } from "./rooms.js";
import { Tools } from "./tools.js";

const manifest = JSON.parse(readFileSync(new URL("../skill.json", import.meta.url), "utf8"));
// Their schemas reach the model at once; those of the others when it looks for them.
const DIRECT = new Set(["mesh_send", "mesh_inbox", "mesh_reply"]);
// Nothing else of the gateway's environment is the tools' business: it holds keys of other services.
const PASSED_ON = /^(PATH|HOME|LANG|LC_\w+|TMPDIR|XDG_RUNTIME_DIR|DBUS_SESSION_BUS_ADDRESS|AGENTMESH_\w+)$/;

const rooms = new Rooms(manifest.commands.map((it) => it.name));

const settingsOf = (api) => () => {
  const { command, home } = api.pluginConfig ?? {};
  const inherited = Object.entries(process.env).filter(([name]) => PASSED_ON.test(name));
  const environment = Object.fromEntries(inherited);
  if (home) environment.AGENTMESH_HOME = home;
  return { command: command || "agentmesh", environment };
};

const registerTool = (api, tools, { name, description, parameters }) => {
  const shown = DIRECT.has(name) ? { catalogMode: "direct-only" } : {};
  const toolFor = (caller) => {
    const who = { ...caller, channel: caller?.messageChannel };
    const execute = async (_id, given, signal) => {
      const details = await tools.call(name, given, { signal, context: rooms.contextOf(who) });
      return { content: [{ type: "text", text: JSON.stringify(details) }], details };
    };
    return { name, label: name, description, parameters, execute, ...shown };
  };
  api.registerTool(toolFor, { name });
};

const registerService = (api, settings, tools) => {
  const daemon = new Daemon(settings);
  api.registerService({
    id: "agentmesh-daemon",
    async start({ logger }) {
      if (api.pluginConfig?.startDaemon === false) return;
      try {
        logger.info(`agentmesh ${await daemon.start()}`);
      } catch (error) {
        // Not the gateway's misfortune: each tool says the same, with what mends it.
        logger.warn(`agentmesh: ${error.message}`);
      }
    },
    async stop() {
      tools.stop();
      await daemon.stop();
    },
  });
};

const registerCommand = (api, settings) => {
  api.registerCommand({
    name: "mesh",
    description: "AgentMesh: how this agent's daemon is, and who waits for you.",
    async handler() {
      try {
        const status = await run(settings, "status");
        if (!status.ok) return { text: told(status) };
        const { amid, relay, inbox, knocks, warnings } = status;
        const lines = [
          `${amid}, relay ${relay.state}`,
          `${inbox.unread} unread, ${knocks.pending} waiting for you (agentmesh knocks)`,
          ...warnings,
        ];
        return { text: lines.join("\n") };
      } catch (error) {
        return { text: `agentmesh: ${error.message}` };
      }
    },
  });
};

export default {
  id: "agentmesh",
  name: "AgentMesh",
  description: manifest.description,
  register(api) {
    const settings = settingsOf(api);
    const tools = new Tools(settings);
    for (const command of manifest.commands) registerTool(api, tools, command);
    api.on("before_tool_call", (event, caller) => rooms.guard(event, caller));
    registerService(api, settings, tools);
    registerCommand(api, settings);
    api.registerChannel({ plugin: channelOf(tools, rooms, api.runtime) });
  },
};
