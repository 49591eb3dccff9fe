package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.eqprop.Close;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Weights;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fine-tuning as a user does it: {@code train --init}. */
class InitIT {
  /** DL4J sums in a different order. */
  private static final double FLOAT_TOLERANCE = 1e-4;

  @TempDir Path folder;

  @BeforeEach
  void source() throws IOException, InterruptedException {
    Idx.quadrants(folder, 330, 1);
    assertThat(train("--epochs", "3", "--replicas", "1", "--out", "source").code()).isZero();
  }

  private Submit submit() {
    return new Submit(folder, "local[2]");
  }

  private Submit.Run train(String... more) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of(more));
    all.add("--no-report");
    return submit().run("train", submit().small(all.toArray(String[]::new)));
  }

  private ModelFile model(String run) {
    return ModelFile.read(Storage.local(), folder.resolve(run) + "/model.safetensors");
  }

  private RunConfiguration configuration(String run) {
    return new ConfigurationReader()
        .stored(Storage.local(), folder.resolve(run) + "/config.conf")
        .read();
  }

  /** Returns the weights after a single thread has trained from others as a run is configured. */
  private static Weights trainedLocally(RunConfiguration configuration, Weights from) {
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    var images = plan.read(Storage.local(), Split.TRAINING, 0, 1);
    var spec = configuration.spec();
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(from);
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < spec.hyperparameters().epochs(); epoch++) {
        var unused = trainer.train(images, RoundAssignment.whole(epoch), m -> {});
      }
      return relaxer.weights();
    }
  }

  @Test
  void readsAModelFromHdfs() throws IOException, InterruptedException {
    Configuration conf = new Configuration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("dfs").toString());
    try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(conf).numDataNodes(1).build()) {
      String there = cluster.getURI() + "/models/model.safetensors";
      model("source").write(new Storage(conf), there);
      List<String> same = List.of("--epochs", "1", "--replicas", "1");
      assertThat(train(with(same, "--init", there, "--out", "far")).err()).isEmpty();
      assertThat(train(with(same, "--init", "source", "--out", "near")).code()).isZero();
      assertThat(model("far").weights()).isEqualTo(model("near").weights());
      assertThat(configuration("far").initial().model()).isEqualTo(there);
      Submit.Run missing = train(with(same, "--init", there + "x", "--out", "none"));
      assertThat(missing.code()).isNotZero();
      assertThat(missing.err()).hasLineCount(1).contains(there + "x: no such file");
      assertThat(folder.resolve("none")).doesNotExist();
    }
  }

  private static String[] with(List<String> some, String... more) {
    return Stream.concat(some.stream(), Stream.of(more)).toArray(String[]::new);
  }

  @Test
  void trainsOneReplicaLikeTheLocalTrainerFromTheModelsWeights()
      throws IOException, InterruptedException {
    Submit.Run tuned =
        train("--init", "source", "--epochs", "2", "--seed", "7", "--replicas", "1", "--out", "t");
    assertThat(tuned.err()).isEmpty();
    assertThat(tuned.code()).isZero();
    Weights expected = trainedLocally(configuration("t"), model("source").weights());
    assertThat(model("t").weights()).isEqualTo(expected);

    String source = folder.toRealPath() + "/source";
    String checksum = model("source").weightsChecksum();
    String words = source + " (CRC-32 of its weights " + checksum + ")";
    assertThat(tuned.out()).contains("weights    initially those of " + words);
    assertThat(configuration("t").initial().model()).isEqualTo(source);
    assertThat(configuration("t").initial().checksum()).isEqualTo(checksum);
    assertThat(
            new ObjectMapper()
                .readTree(folder.resolve("t/machine.json").toFile())
                .get("initial weights")
                .asText())
        .isEqualTo(words);

    // The recorded configuration repeats the run, but only from the same weights.
    assertThat(submit().run("train", "--conf", "t/config.conf", "--out", "again").code()).isZero();
    assertThat(folder.resolve("again/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("t/model.safetensors"));
    Files.copy(
        folder.resolve("t/model.safetensors"),
        folder.resolve("source/model.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Submit.Run changed = submit().run("train", "--conf", "t/config.conf", "--out", "third");
    assertThat(changed.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(changed.err())
        .contains("init.checksum = " + checksum + ": the weights of " + source + " have ")
        .hasLineCount(1);
    assertThat(folder.resolve("third")).doesNotExist();
    String[] other = {"--conf", "t/config.conf", "--init", "t/model.safetensors", "--out", "third"};
    assertThat(submit().run("train", other).code()).isZero();
  }

  @Test
  void bothEnginesFineTuneAnyNumberOfReplicas() throws IOException, InterruptedException {
    String[] options = {"--init", "source", "--epochs", "2", "--replicas", "2", "--out"};
    assertThat(train(with(options, "own")).code()).isZero();
    assertThat(train(with(options, "theirs", "--engine", "dl4j")).err()).isEmpty();
    Close.assertClose(
        model("theirs").weights(), model("own").weights(), FLOAT_TOLERANCE, "weights");
    assertThat(train("--epochs", "2", "--replicas", "2", "--out", "fresh").code()).isZero();
    assertThat(model("own").weights()).isNotEqualTo(model("fresh").weights());
  }

  @Test
  void doesNotReadTheModelAgainOnResume() throws IOException, InterruptedException {
    String[] options = {"--init", "source", "--epochs", "3", "--replicas", "2", "--out"};
    assertThat(train(with(options, "whole")).code()).isZero();
    assertThat(train(with(options, "run")).code()).isZero();
    Files.delete(folder.resolve("run/result.json"));
    Files.delete(folder.resolve("run/checkpoints/checkpoint-000003.safetensors"));
    Files.move(folder.resolve("source"), folder.resolve("away"));

    Submit.Run refused = train("--resume", "run", "--init", "source");
    assertThat(refused.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(refused.err())
        .isEqualTo(
            "eqprop: --init source cannot be combined with --resume, which continues from the run's"
                + " own weights: expected only one of the two\n");
    Submit.Run resumed = train("--resume", "run", "--epochs", "3", "--replicas", "2");
    assertThat(resumed.err()).isEmpty();
    assertThat(resumed.out()).contains("resuming after epoch 2");
    assertThat(folder.resolve("run/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("whole/model.safetensors"));

    // Starting again from the first epoch needs the model.
    Files.delete(folder.resolve("run/result.json"));
    Submit.Run without =
        train("--resume", "run", "--from-scratch", "--epochs", "3", "--replicas", "2");
    assertThat(without.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(without.err()).contains("init.model = ").contains("no such file").hasLineCount(1);
    assertThat(folder.resolve("run/metrics.jsonl")).exists();
    Files.move(folder.resolve("away"), folder.resolve("source"));
    assertThat(submit().run("train", "--resume", "run", "--from-scratch").code()).isZero();
    assertThat(folder.resolve("run/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("whole/model.safetensors"));
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
