package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eqprop.Idx;
import org.eqprop.StandInCuda;
import org.eqprop.Submit;
import org.eqprop.Submit.Run;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The backend cuda from the user's point of view, with a GPU (or a stand-in) and without. */
class CudaIT {
  private static final String GPU = ".+, \\d+ GiB, compute capability \\d+\\.\\d, CUDA \\d+\\.\\d";

  /** One executor with two cores. */
  private static final String CLUSTER = "local-cluster[1,2,1024]";

  /** Only the empty setting hides a real GPU. */
  private static final Map<String, String> NO_GPU = Map.of("CUDA_VISIBLE_DEVICES", "");

  @TempDir Path folder;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 90, 1);
  }

  private Run submit(String master, Map<String, String> environment, String verb, String... options)
      throws IOException, InterruptedException {
    Submit submit = new Submit(folder, master, environment);
    return submit.run(verb, submit.small(options));
  }

  private static String[] training(String out, String... more) {
    return java.util.stream.Stream.concat(
            List.of("--backend", "cuda", "--epochs", "1", "--replicas", "2", "--out", out).stream(),
            List.of(more).stream())
        .toArray(String[]::new);
  }

  @Test
  void trainsAndNamesTheGpu() throws IOException, InterruptedException {
    Run train = submit("local[2]", StandInCuda.environment(), "train", training("run"));
    assertThat(train.err()).isEmpty();
    assertThat(train.code()).isZero();
    assertThat(train.out()).containsPattern("  backend    cuda: " + GPU + "\n");
    assertThat(
            new ObjectMapper()
                .readTree(folder.resolve("run/machine.json").toFile())
                .get("backend")
                .asText())
        .matches("cuda: " + GPU);
    assertThat(folder.resolve("run/report.html")).exists();

    // The report of a run can be made without a GPU.
    Files.delete(folder.resolve("run/figures.json"));
    Run report = new Submit(folder, "local[2]", NO_GPU).run("report", "run");
    assertThat(report.err()).isEmpty();
    assertThat(report.code()).isZero();
    assertThat(folder.resolve("run/figures.json")).exists();
  }

  @Test
  void everyVerbReportsAMissingGpuInOneLine() throws IOException, InterruptedException {
    String line = "eqprop: backend = cuda: .+: expected .+; --backend blas computes on the CPU\n";
    for (Run run :
        List.of(
            submit("local[2]", NO_GPU, "demo", "--backend", "cuda"),
            submit("local[2]", NO_GPU, "train", training("run")))) {
      assertThat(run.err()).matches(line);
      assertThat(run.out()).isEmpty();
      assertThat(run.code()).isEqualTo(2);
    }
    Run cluster = submit(CLUSTER, NO_GPU, "train", training("run"));
    assertThat(cluster.err()).matches("eqprop: executor 0: " + line.replace("eqprop: ", ""));
    assertThat(cluster.code()).isEqualTo(2);
    assertThat(folder.resolve("run")).doesNotExist();
  }

  private String[] scheduled(String out, String address) throws IOException {
    Path script = folder.resolve("discover-" + address);
    Files.writeString(
        script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"" + address + "\"]}'\n");
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return training(
        out,
        "--conf",
        "spark.worker.resource.gpu.amount=1",
        "--conf",
        "spark.worker.resource.gpu.discoveryScript=" + script,
        "--conf",
        "spark.executor.resource.gpu.amount=1",
        "--conf",
        "spark.task.resource.gpu.amount=0.5");
  }

  /** No machine has a GPU 999: a message that it is missing proves that the task asked for it. */
  @Test
  void aTaskComputesOnTheGpuThatSparkAssignsToIt() throws IOException, InterruptedException {
    Map<String, String> environment = StandInCuda.environment();
    Run zero = submit(CLUSTER, environment, "train", scheduled("zero", "0"));
    assertThat(zero.err()).isEmpty();
    assertThat(zero.code()).isZero();
    Run other = submit(CLUSTER, environment, "train", scheduled("other", "999"));
    assertThat(other.err())
        .matches(
            "eqprop: executor 0: backend = cuda: there is no GPU 999: expected 0 to \\d+; --backend blas computes on the CPU\n");
    assertThat(other.code()).isEqualTo(2);
  }

  private Run discover(String nvidiaSmi, Map<String, String> more)
      throws IOException, InterruptedException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path fake = bin.resolve("nvidia-smi");
    Files.writeString(fake, "#!/bin/sh\n" + nvidiaSmi + "\n");
    assertThat(fake.toFile().setExecutable(true)).isTrue();
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PATH", bin + ":" + System.getenv("PATH"));
    return new Submit(folder, "local", environment).run("discover-gpus");
  }

  @Test
  void theDiscoveryScriptPrintsTheFormatThatSparkExpects()
      throws IOException, InterruptedException {
    String two = "printf '0\\n1\\n'";
    assertThat(discover(two, Map.of()).out())
        .isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}\n");
    assertThat(discover(two, Map.of("CUDA_VISIBLE_DEVICES", "1")).out())
        .isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"0\"]}\n");
    Run none = discover("echo 'No devices were found'; exit 6", Map.of());
    assertThat(none.err())
        .isEqualTo(
            "discover-gpus: nvidia-smi finds no GPU (No devices were found): expected an NVIDIA GPU and its driver\n");
    assertThat(none.code()).isEqualTo(1);
  }
}
