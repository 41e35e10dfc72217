// The job by node-postgres. Prints what it saw as JSON.
const fs = require("fs");
const { Client, types } = require("pg");

const { env } = process;
types.setTypeParser(1114, (text) => text);  // a timestamp as it is written, in no zone of this machine's
types.setTypeParser(20, Number);

async function job() {
  const client = new Client({
    host: "localhost", port: Number(env.REDSHIFT_PORT), database: env.REDSHIFT_DB, user: env.REDSHIFT_USER,
    password: env.REDSHIFT_PASSWORD, statement_timeout: 60000, application_name: "job",
    ssl: env.JOB_TLS === "on" ? { ca: fs.readFileSync(env.PGSSLROOTCERT), rejectUnauthorized: true } : false,
  });
  await client.connect();
  const schema = env.JOB_SCHEMA;
  const seen = { encrypted: client.connection.stream.encrypted === true };
  await client.query(`CREATE TABLE ${schema}.places (id integer NOT NULL ENCODE az64, name varchar(20) ENCODE zstd,
    seen timestamp, PRIMARY KEY (id)) DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (seen, id)`);
  await client.query("BEGIN");
  await client.query(`COPY ${schema}.places FROM '${env.JOB_URI}' ${env.JOB_KEYS} CSV EMPTYASNULL TIMEFORMAT 'auto'`);
  await client.query("COMMIT");
  seen.loaded = (await client.query("SELECT pg_last_copy_count() AS n")).rows[0].n;
  seen.unloaded = [];
  for (const [prefix, how] of [["csv_", "CSV HEADER PARALLEL OFF"], ["parquet_", "FORMAT AS PARQUET MANIFEST VERBOSE"]]) {
    await client.query(`UNLOAD ('SELECT id, name, seen FROM ${schema}.places WHERE name IS NULL OR name <> ''x'' ORDER BY id')
      TO '${env.JOB_OUT_URI}${prefix}' ${env.JOB_KEYS} ${how}`);
    seen.unloaded.push((await client.query("SELECT pg_last_unload_count() AS n")).rows[0].n);
  }
  const rows = await client.query({
    name: "places", text: `SELECT id, name, seen FROM ${schema}.places WHERE id > $1 ORDER BY id`, values: [1],
    rowMode: "array",
  });
  seen.rows = rows.rows;
  await client.query("BEGIN");
  await client.query(`INSERT INTO ${schema}.places VALUES ($1, $2, $3), (1, 'again', NULL)`, [10, "ten", new Date(0)]);
  seen.count = (await client.query(`SELECT count(*) AS n FROM ${schema}.places`)).rows[0].n;
  await client.query("ROLLBACK");
  await client.query(`SET search_path TO ${schema}`);
  const columns = await client.query({
    text: `SELECT "column", type, distkey, sortkey FROM pg_table_def WHERE schemaname = $1 AND tablename = $2`,
    values: [schema, "places"], rowMode: "array",
  });
  seen.columns = columns.rows;
  seen.refusal = await client.query(`COPY ${schema}.places FROM '${env.JOB_BAD_URI}' ${env.JOB_KEYS} CSV`)
    .then(() => null, (e) => [e.code, e.message]);
  const codes = await client.query("SELECT err_code FROM stl_load_errors WHERE filename = $1", [env.JOB_BAD_URI]);
  seen.codes = codes.rows.map((row) => row.err_code);
  await client.end();
  console.log(JSON.stringify(seen));
}

job().catch((e) => {
  console.error(e);
  process.exit(1);
});
