package org.eqprop.track;

import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.config.RunConfiguration;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;

/**
 * The run to track.
 *
 * @param storage of the run folder
 * @param folder the run folder, which gets {@link RunFolder#TRACKING}
 * @param configuration with the number of replicas resolved
 * @param machine properties of the machine, by name
 * @param epochs number of epochs finished before
 * @param begin start time, milliseconds since 1970
 */
public record TrackedRun(
    Storage storage,
    RunFolder folder,
    RunConfiguration configuration,
    Map<String, String> machine,
    int epochs,
    long begin) {

  /** Returns the tags, which MLflow shows beside parameters and metrics, by key. */
  Map<String, String> tags() {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("mlflow.source.name", "EqProp Spark");
    tags.put("mlflow.source.type", "JOB");
    tags.put("mlflow.user", System.getProperty("user.name", ""));
    tags.put("folder", folder.location());
    machine.forEach((key, value) -> tags.put("machine." + key, value));
    return tags;
  }
}
