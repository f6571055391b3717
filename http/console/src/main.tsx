import { render } from "preact";
import { App } from "./app";
import { readConsoleRules } from "./lib/cluster";
import { token } from "./lib/api";
import { startLive } from "./lib/live";
import { startRouting } from "./lib/route";
import { startTheme } from "./lib/theme";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/views.css";

startTheme();
startRouting();
startLive();
token.subscribe(() => void readConsoleRules());
setInterval(() => void readConsoleRules(), 15_000);
render(<App />, document.getElementById("app")!);
