package org.eqprop.track;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.run.Metric;
import org.eqprop.run.RunData;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The run on a tracking server that shows this run. The first call creates it, unless the run
 * folder names an earlier one ({@link RunFolder#TRACKING}), which a resumed run continues.
 */
final class MlflowRun {
  private static final int MOST = 1 << 16;
  private static final String SERVER = "server";
  private static final String RUN = "run";

  /** The files to upload if they exist. */
  private static final List<String> ARTIFACTS =
      List.of(
          RunFolder.CONFIGURATION,
          RunFolder.METRICS,
          RunFolder.RESULT,
          RunFolder.MACHINE,
          RunFolder.MODEL,
          RunFolder.REPORT);

  private final MlflowApi api;
  private final MlflowSettings settings;
  private final TrackedRun tracked;
  private final Consumer<String> warning;
  private MlflowApi.@Nullable Run opened;
  private boolean isNew;
  private boolean described;

  MlflowRun(MlflowSettings settings, TrackedRun tracked, Consumer<String> warning) {
    this.api = new MlflowApi(settings);
    this.settings = settings;
    this.tracked = tracked;
    this.warning = warning;
  }

  /**
   * Logs metrics. Before the first ones, logs the parameters, and the metrics of earlier epochs if
   * the run on the server is new.
   */
  void log(List<MlflowMetric> metrics) throws IOException, InterruptedException {
    MlflowApi.Run run = open();
    if (!described) {
      api.log(
          run.id(), isNew ? before() : List.of(), tracked.configuration().values(), tracked.tags());
      described = true;
    }
    api.log(run.id(), metrics, Map.of(), Map.of());
  }

  private MlflowApi.Run open() throws IOException, InterruptedException {
    MlflowApi.Run run = opened;
    if (run == null) {
      run = resumed();
      if (run == null) {
        run = created();
      }
      opened = run;
    }
    return run;
  }

  private MlflowApi.@Nullable Run resumed() throws IOException, InterruptedException {
    String id = storedId();
    if (id == null) {
      return null;
    }
    try {
      MlflowApi.Run run = api.run(id);
      if (run.deleted()) {
        return null;
      }
      api.running(id);
      return run;
    } catch (MlflowException e) {
      if (MlflowApi.isMissing(e)) {
        return null;
      }
      throw e;
    }
  }

  private @Nullable String storedId() {
    String file = tracked.folder().path(RunFolder.TRACKING);
    if (!tracked.storage().exists(file)) {
      return null;
    }
    try {
      JsonNode stored =
          Json.parse(
              tracked.storage().text(file, MOST).getBytes(StandardCharsets.UTF_8),
              Json.MOST_LEVELS);
      boolean here = stored.path(SERVER).asText().equals(settings.server().toString());
      return here && stored.path(RUN).isTextual() ? stored.path(RUN).asText() : null;
    } catch (IllegalArgumentException | InputException e) { // damaged: start another run
      return null;
    }
  }

  private MlflowApi.Run created() throws IOException, InterruptedException {
    String experiment = api.experiment(settings.experiment());
    MlflowApi.Run run =
        api.createRun(experiment, Storage.name(tracked.folder().location()), tracked.begin());
    tracked
        .storage()
        .writeText(
            tracked.folder().path(RunFolder.TRACKING),
            Json.text(Map.of(SERVER, settings.server().toString(), RUN, run.id())) + "\n");
    isNew = true;
    return run;
  }

  private List<MlflowMetric> before() {
    List<MlflowMetric> metrics = new ArrayList<>();
    if (tracked.epochs() == 0) {
      return metrics;
    }
    for (JsonNode line :
        RunData.read(tracked.storage(), tracked.folder().location(), false).metrics()) {
      int epoch = (int) Metric.EPOCH.of(line);
      for (Metric metric : Metric.values()) {
        double value = metric.of(line);
        if (epoch <= tracked.epochs() && metric != Metric.EPOCH && Double.isFinite(value)) {
          metrics.add(new MlflowMetric(metric.key(), value, tracked.begin(), epoch));
        }
      }
    }
    return metrics;
  }

  /** Uploads the files of the run folder. */
  void upload() throws IOException, InterruptedException {
    MlflowApi.Run run = open();
    if (!MlflowApi.takesArtifacts(run)) {
      warning.accept(
          "the tracking server does not store artefacts itself (their location is "
              + run.artifacts()
              + "): the model, the report and the other files are only in "
              + tracked.folder().location());
      return;
    }
    for (String name : ARTIFACTS) {
      String file = tracked.folder().path(name);
      if (tracked.storage().exists(file)) {
        api.upload(run, name, () -> tracked.storage().open(file), tracked.storage().size(file));
      }
    }
  }

  /** Reports that the run has ended. */
  void end(MlflowApi.Status status) throws IOException, InterruptedException {
    api.ended(open().id(), status, System.currentTimeMillis());
  }

  /** Returns the URL of the page that shows the run; null if the server has not answered yet. */
  @Nullable String page() {
    MlflowApi.Run run = opened;
    return run == null
        ? null
        : settings.server() + "/#/experiments/" + run.experiment() + "/runs/" + run.id();
  }
}
