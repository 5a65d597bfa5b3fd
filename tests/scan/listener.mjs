// Where a scanner would have the server call: listener.mjs PORT.  Says who called, other
// than the scanner itself asking whether anybody did (get_ssrf.php, get_xxe.php).
import { createServer } from "node:http";

createServer((req, res) => {
  if (!/^\/get_(ssrf|xxe)\.php/.test(req.url)) console.log(`called: ${req.method} ${req.url}`);
  res.writeHead(200, { "content-type": "application/json" }).end("{}");
}).listen(Number(process.argv[2]), "127.0.0.1");
