// The job by Redshift's JDBC driver. Prints what it saw as JSON.
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

public class JdbcJob {
  static String quoted(Object value) {
    if (value == null) return "null";
    if (value instanceof Number || value instanceof Boolean) return value.toString();
    if (value instanceof List) {
      List<String> items = new ArrayList<>();
      for (Object item : (List<?>) value) items.add(quoted(item));
      return "[" + String.join(", ", items) + "]";
    }
    return "\"" + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }

  static List<Object> rows(ResultSet result, Object... columns) throws SQLException {
    List<Object> rows = new ArrayList<>();
    while (result.next()) {
      List<Object> row = new ArrayList<>();
      for (Object column : columns) {
        Object value = column instanceof String ? result.getObject((String) column) : result.getObject((Integer) column);
        row.add(value instanceof Timestamp ? value.toString() : value);
      }
      rows.add(row);
    }
    return rows;
  }

  public static void main(String[] arguments) throws SQLException {
    String schema = System.getenv("JOB_SCHEMA");
    String keys = System.getenv("JOB_KEYS");
    Properties how = new Properties();
    how.setProperty("user", System.getenv("REDSHIFT_USER"));
    how.setProperty("password", System.getenv("REDSHIFT_PASSWORD"));
    if (System.getenv("JOB_TLS").equals("on")) {
      how.setProperty("ssl", "true");
      how.setProperty("sslmode", "verify-full");
      how.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
    } else {
      how.setProperty("ssl", "false");
    }
    String url = "jdbc:redshift://localhost:" + System.getenv("REDSHIFT_PORT") + "/" + System.getenv("REDSHIFT_DB");
    List<String> seen = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(url, how); Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("CREATE TABLE " + schema + ".places (id integer NOT NULL ENCODE az64, name varchar(20) ENCODE zstd,"
          + " seen timestamp, PRIMARY KEY (id)) DISTSTYLE KEY DISTKEY (id) COMPOUND SORTKEY (seen, id)");
      statement.execute("COPY " + schema + ".places FROM '" + System.getenv("JOB_URI") + "' " + keys
          + " CSV EMPTYASNULL TIMEFORMAT 'auto'");
      connection.commit();
      try (ResultSet result = statement.executeQuery("SELECT pg_last_copy_count()")) {
        result.next();
        seen.add("\"loaded\": " + result.getLong(1));
      }
      List<Object> unloaded = new ArrayList<>();
      String[] unloads = {"csv_' # CSV HEADER PARALLEL OFF", "parquet_' # FORMAT AS PARQUET MANIFEST VERBOSE"};
      for (String unload : unloads) {
        statement.execute("UNLOAD ('SELECT id, name, seen FROM " + schema + ".places WHERE name IS NULL OR name <> ''x''"
            + " ORDER BY id') TO '" + System.getenv("JOB_OUT_URI") + unload.replace("#", keys));
        try (ResultSet result = statement.executeQuery("SELECT pg_last_unload_count()")) {
          result.next();
          unloaded.add(result.getLong(1));
        }
      }
      seen.add("\"unloaded\": " + quoted(unloaded));
      connection.commit();
      String query = "SELECT id, name, seen FROM " + schema + ".places WHERE id > ? ORDER BY id";
      try (PreparedStatement prepared = connection.prepareStatement(query)) {
        prepared.setFetchSize(1);  // a portal, read a row at a time
        prepared.setInt(1, 1);
        seen.add("\"rows\": " + quoted(rows(prepared.executeQuery(), 1, 2, 3)));
      }
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO " + schema + ".places VALUES (?, ?, ?)")) {
        for (int id : new int[] {10, 1}) {
          insert.setInt(1, id);
          insert.setString(2, "again");
          insert.setTimestamp(3, Timestamp.valueOf("2024-02-01 00:00:00"));
          insert.addBatch();
        }
        insert.executeBatch();
      }
      try (ResultSet result = statement.executeQuery("SELECT count(*) FROM " + schema + ".places")) {
        result.next();
        seen.add("\"count\": " + result.getLong(1));
      }
      connection.rollback();

      DatabaseMetaData metadata = connection.getMetaData();
      seen.add("\"product\": " + quoted(metadata.getDatabaseProductName() + " " + metadata.getDatabaseProductVersion()));
      seen.add("\"schemas\": " + quoted(rows(metadata.getSchemas(null, schema), "TABLE_SCHEM")));
      seen.add("\"tables\": " + quoted(rows(metadata.getTables(null, schema, "%", new String[] {"TABLE"}),
          "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE")));
      seen.add("\"columns\": " + quoted(rows(metadata.getColumns(null, schema, "places", "%"),
          "COLUMN_NAME", "TYPE_NAME", "COLUMN_SIZE", "NULLABLE")));
      seen.add("\"keys\": " + quoted(rows(metadata.getPrimaryKeys(null, schema, "places"), "COLUMN_NAME")));

      try {
        statement.execute("COPY " + schema + ".places FROM '" + System.getenv("JOB_BAD_URI") + "' " + keys + " CSV");
        seen.add("\"refusal\": null");
      } catch (SQLException e) {
        connection.rollback();
        seen.add("\"refusal\": " + quoted(List.of(e.getSQLState(), e.getMessage())));
      }
      try (PreparedStatement errors =
               connection.prepareStatement("SELECT err_code FROM stl_load_errors WHERE filename = ?")) {
        errors.setString(1, System.getenv("JOB_BAD_URI"));
        ResultSet result = errors.executeQuery();
        List<Object> codes = new ArrayList<>();
        while (result.next()) codes.add(result.getInt(1));
        seen.add("\"codes\": " + quoted(codes));
      }
      connection.commit();
    }
    System.out.println("{" + String.join(", ", seen) + "}");
  }
}
