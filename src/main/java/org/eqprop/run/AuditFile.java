package org.eqprop.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.eqprop.audit.AuditResult;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.storage.Storage;

/** Reads and writes the file of a gradient audit. */
public final class AuditFile {
  /** Maximum bytes of the file; a network of twenty layers needs 5 MB. */
  private static final int MOST = 1 << 26;

  private static final ObjectMapper JSON = Json.mapper();

  private AuditFile() {}

  /**
   * Writes an audit, replacing a previous one atomically.
   *
   * @throws InputException if it cannot be written
   */
  public static void write(Storage storage, String file, AuditResult audit) {
    storage.writeText(file, Json.text(audit) + "\n");
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws InputException if it is missing, damaged or of another version
   */
  public static AuditResult read(Storage storage, String file) {
    String json = storage.text(file, MOST);
    int version = JsonFile.object(json, file).path("version").asInt();
    if (version != AuditResult.VERSION) {
      throw new InputException(
          file + ": version " + version + ": expected version " + AuditResult.VERSION);
    }
    try {
      return JSON.readValue(json, AuditResult.class);
    } catch (JsonProcessingException e) {
      throw JsonFile.damaged(file, e);
    }
  }
}
