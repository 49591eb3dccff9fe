package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.Together;
import org.eqprop.base.Slice;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.CifarSource;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.IdxSource;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.run.Checkpoints;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real HDFS: NameNode and DataNode in this process. */
class HdfsIT {
  @TempDir Path folder;

  @Test
  void readsDataFromHdfsAndWritesModelsToIt() throws IOException {
    Configuration conf = new Configuration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("dfs").toString());
    try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(conf).numDataNodes(1).build()) {
      String root = cluster.getURI().toString();
      Storage storage = new Storage(conf);
      byte[] pixels = {1, 2, 3, 4, 5, 6, 7, 8};
      storage.createFolder(root + "/data");
      storage.writeAtomically(
          root + "/data/images", out -> out.write(Idx.gzip(Idx.images(2, 2, 2, pixels))));
      storage.writeAtomically(
          root + "/data/labels", out -> out.write(Idx.labels((byte) 1, (byte) 0)));
      IdxSource files = new IdxSource(root + "/data/images", root + "/data/labels");
      assertThat(files.header(storage))
          .isEqualTo(new ExampleSource.Header(2, Shape.image(2, 2), OptionalInt.empty()));
      assertThat(files.read(storage, new Slice(1, 2)).pixels()).containsExactly(5, 6, 7, 8);
      assertThatThrownBy(() -> storage.open(root + "/data/none"))
          .hasMessage(root + "/data/none: no such file");

      for (int file = 1; file <= 2; file++) {
        byte[] records = new byte[2 * 3073];
        records[3073] = (byte) file;
        records[3074] = (byte) (10 * file);
        storage.writeAtomically(
            root + "/cifar/data_batch_" + file + ".bin", out -> out.write(records));
      }
      CifarSource cifar =
          new CifarSource(root + "/cifar/data_batch_*.bin", CifarSource.Kind.CIFAR_10);
      assertThat(cifar.header(storage).examples()).isEqualTo(4);
      ByteExamples last = cifar.read(storage, new Slice(3, 4));
      assertThat(last.label(0)).isEqualTo(2);
      assertThat(last.pixels()[0]).isEqualTo((byte) 20);

      Network network = Network.of(4, 3, 2);
      Weights weights = Weights.glorotUniform(network, 1);
      String model = root + "/data/model.safetensors";
      for (String epoch : new String[] {"1", "2"}) {
        new ModelFile(weights, Map.of(ModelFile.EPOCH, epoch)).write(storage, model);
      }
      assertThat(ModelFile.read(storage, model).metadata()).containsEntry(ModelFile.EPOCH, "2");
      assertThat(ModelFile.read(storage, model).weights()).isEqualTo(weights);
      var names = new java.util.ArrayList<String>();
      for (FileStatus status :
          cluster.getFileSystem().listStatus(new org.apache.hadoop.fs.Path("/data"))) {
        names.add(status.getPath().getName());
      }
      assertThat(names).containsExactlyInAnyOrder("images", "labels", "model.safetensors");

      storage.writeAtomically(
          root + "/text", out -> out.write("β".getBytes(StandardCharsets.UTF_8)));
      storage.delete(root + "/text");
      assertThat(storage.exists(root + "/text")).isFalse();

      var hdfs = cluster.getFileSystem();
      var old = new org.apache.hadoop.fs.Path("/left/.killed.eqprop.tmp");
      var fresh = new org.apache.hadoop.fs.Path("/left/.writing.eqprop.tmp");
      var foreign = new org.apache.hadoop.fs.Path("/left/.foreign.tmp");
      for (var file : List.of(old, fresh, foreign)) {
        hdfs.create(file).close();
      }
      long before = System.currentTimeMillis() - TimeUnit.HOURS.toMillis(2);
      hdfs.setTimes(old, before, -1);
      hdfs.setTimes(foreign, before, -1);
      storage.writeText(root + "/left/f", "text");
      assertThat(storage.list(root + "/left"))
          .as("only a temporary file of ours that is an hour old is removed")
          .containsExactly(".foreign.tmp", ".writing.eqprop.tmp", "f");
    }
  }

  @Test
  void executorsReadTheirSlicesFromHdfs() throws IOException {
    Configuration conf = new Configuration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("dfs").toString());
    try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(conf).numDataNodes(1).build()) {
      String root = cluster.getURI().toString();
      Storage storage = new Storage(conf);
      Idx.quadrants(folder, 200, 1);
      ConfigurationReader reader =
          new ConfigurationReader()
              .set("topology=[16, 12, 4]")
              .set("data.validation=0")
              .set("training.epochs=1");
      for (String kind : new String[] {"images", "labels"}) {
        byte[] bytes = Files.readAllBytes(folder.resolve(kind + ".idx"));
        String location = root + "/" + kind + ".idx.gz";
        storage.writeAtomically(location, out -> out.write(Idx.gzip(bytes)));
        reader =
            reader
                .set("data.train-" + kind + "=" + location)
                .set("data.test-" + kind + "=" + location);
      }
      RunConfiguration configuration = reader.read();
      DataPlan plan = DataPlan.inspect(storage, configuration);
      try (Replicas replicas = new Replicas(SharedSpark.context(), plan, configuration.spec(), 3)) {
        assertThat(replicas.load()).isEmpty();
        Weights weights = Weights.glorotUniform(configuration.spec().network(), 1);
        Measurement measured = replicas.evaluate(weights, Split.TRAINING, "evaluate", 50);
        assertThat(measured.examples()).isEqualTo(200);
      }
    }
  }

  /**
   * A DataNode goes down before a run reads its slices and writes: the run ends with the same
   * weights.
   */
  @Test
  void toleratesThatADataNodeGoesDown() throws IOException {
    Configuration conf = new Configuration();
    conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("dfs").toString());
    conf.setInt("dfs.replication", 2);
    // Two of three nodes suffice: do not look for a replacement, which does not exist.
    conf.set("dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
    try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(conf).numDataNodes(3).build()) {
      String root = cluster.getURI().toString();
      Storage storage = new Storage(conf);
      Idx.quadrants(folder, 200, 1);
      ConfigurationReader reader =
          new ConfigurationReader()
              .set("topology=[16, 12, 4]")
              .set("data.validation=0")
              .set("averaging.replicas=3")
              .set("checkpoint.keep=2")
              .set("training.epochs=4");
      for (String kind : new String[] {"images", "labels"}) {
        byte[] bytes = Files.readAllBytes(folder.resolve(kind + ".idx"));
        String location = root + "/" + kind + ".idx";
        storage.writeAtomically(location, out -> out.write(bytes));
        reader =
            reader
                .set("data.train-" + kind + "=" + location)
                .set("data.test-" + kind + "=" + location);
      }
      RunConfiguration configuration = reader.read();
      Weights undisturbed = train(storage, configuration, root + "/undisturbed", () -> {});
      Weights disturbed =
          train(storage, configuration, root + "/disturbed", () -> cluster.stopDataNode(0));
      assertThat(disturbed).isEqualTo(undisturbed);
      assertThat(storage.list(root + "/disturbed"))
          .containsExactly("checkpoint-000003.safetensors", "checkpoint-000004.safetensors");
      var checkpoints = new Checkpoints(storage, root + "/disturbed", configuration);
      assertThat(checkpoints.newest(w -> {}).orElseThrow().weights()).isEqualTo(undisturbed);
    }
  }

  private static Weights train(
      Storage storage,
      RunConfiguration configuration,
      String checkpoints,
      Runnable beforeTheFirst) {
    TrainingListener disturbance =
        new TrainingListener() {
          @Override
          public void epochStarted(int epoch, Progress progress) {
            if (epoch == 1) { // the executors read their slices in its first job
              beforeTheFirst.run();
            }
          }

          @Override
          public void epochEnded(EpochReport report, TrainingState state) {}
        };
    try (TrainingSession session =
        TrainingSession.builder()
            .configuration(configuration)
            .storage(storage)
            .spark(SharedSpark.context())
            .build()) {
      return session
          .train(new Checkpoints(storage, checkpoints, configuration), disturbance)
          .weights();
    }
  }

  /**
   * Small clusters refuse to append if they have too few replicas, as with a replication of 3 on
   * one node.
   */
  @Test
  void appendsMetricsAndCreatesFoldersOnce() throws Exception {
    for (int replication : new int[] {1, 3}) {
      Configuration conf = new Configuration();
      conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("d" + replication).toString());
      conf.setInt("dfs.replication", replication);
      try (MiniDFSCluster cluster = new MiniDFSCluster.Builder(conf).numDataNodes(1).build()) {
        String root = cluster.getURI().toString();
        Storage storage = new Storage(conf);
        storage.createFolder(root + "/r");
        for (String line : new String[] {"β\n", "2\n", "3\n", "4\n"}) {
          storage.append(root + "/r/metrics.jsonl", line);
        }
        assertThat(storage.text(root + "/r/metrics.jsonl", 100)).isEqualTo("β\n2\n3\n4\n");
        assertThat(storage.list(root + "/r")).containsExactly("metrics.jsonl");

        assertThat(Together.run(8, () -> storage.createNewFolder(root + "/runs/one")))
            .containsOnlyOnce(true);
        assertThat(storage.list(root + "/runs")).containsExactly("one");
      }
    }
  }
}
