package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real YARN: ResourceManager and NodeManager in this process, application master and executors in
 * containers, which are separate processes.
 */
class YarnIT {
  @TempDir static Path folder;

  private static MiniYARNCluster yarn = new MiniYARNCluster("eqprop", 1, 1, 1);
  private static Submit submit = new Submit(Path.of("."), "local");

  @BeforeAll
  static void startYarn() throws IOException {
    Idx.quadrants(folder, 330, 1);
    Configuration conf = new YarnConfiguration();
    conf.setInt(YarnConfiguration.RM_SCHEDULER_MINIMUM_ALLOCATION_MB, 128);
    conf.setInt(YarnConfiguration.YARN_MINICLUSTER_NM_PMEM_MB, 6144);
    conf.setInt(YarnConfiguration.NM_VCORES, 8);
    conf.setBoolean(YarnConfiguration.NM_VMEM_CHECK_ENABLED, false);
    conf.setFloat(YarnConfiguration.NM_MAX_PER_DISK_UTILIZATION_PERCENTAGE, 100);
    conf.set("yarn.scheduler.capacity.root.queues", "default");
    conf.set("yarn.scheduler.capacity.root.default.capacity", "100");
    conf.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
    yarn.init(conf);
    yarn.start();
    Configuration site = new Configuration(false);
    for (String key :
        List.of(
            YarnConfiguration.RM_ADDRESS,
            YarnConfiguration.RM_SCHEDULER_ADDRESS,
            YarnConfiguration.RM_HOSTNAME)) {
      site.set(key, yarn.getConfig().get(key));
    }
    Path hadoop = Files.createDirectory(folder.resolve("hadoop"));
    try (OutputStream out = Files.newOutputStream(hadoop.resolve("yarn-site.xml"))) {
      site.writeXml(out);
    }
    submit = new Submit(folder, "yarn", Map.of("HADOOP_CONF_DIR", hadoop.toString()));
  }

  @AfterAll
  static void stopYarn() throws IOException {
    yarn.close();
  }

  private static String[] options(String run, String... more) {
    List<String> spark =
        List.of(
            "--driver-memory",
            "512m",
            "--executor-memory",
            "512m",
            "--num-executors",
            "2",
            "--executor-cores",
            "1",
            "--conf",
            "spark.executor.memoryOverhead=512m",
            "--conf",
            "spark.yarn.stagingDir=" + folder.toUri() + "staging");
    List<String> job = List.of("--out", folder.toUri() + run, "--epochs", "3", "--replicas", "3");
    return submit.small(
        Stream.of(spark, job, List.of(more)).flatMap(List::stream).toArray(String[]::new));
  }

  private static byte[] model(String run) throws IOException {
    return Files.readAllBytes(folder.resolve(run).resolve("model.safetensors"));
  }

  @Test
  void bothDeployModesTrainToTheWeightsOfLocalMode() throws IOException, InterruptedException {
    Submit local = new Submit(folder, "local[2]");
    Submit.Run expected =
        local.run("train", local.small("--out", "local", "--epochs", "3", "--replicas", "3"));
    assertThat(expected.code()).isZero();

    Submit.Run client = submit.run("train", options("client"));
    // A busy machine may take more than 20 seconds to accept an application.
    assertThat(client.err()).matches("(eqprop: warning: waited [^\n]*\n)*");
    assertThat(client.out()).contains("on yarn");
    assertThat(client.code()).isZero();
    assertThat(model("client")).isEqualTo(model("local"));

    Submit.Run cluster = submit.run("train", options("cluster", "--deploy-mode", "cluster"));
    assertThat(cluster.err()).isEmpty();
    assertThat(cluster.code()).isZero();
    assertThat(model("cluster")).isEqualTo(model("local"));
  }
}
