package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.StreamSupport;
import org.eqprop.Spark4Home;
import org.eqprop.Submit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The requests of {@code --master k8s://} to Kubernetes' API server. A stand-in records them,
 * accepts every object to be created, and starts nothing; no real cluster has run these pods.
 */
class KubernetesIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  private final List<JsonNode> created = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private HttpServer server;

  @BeforeEach
  void startTheStandIn() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stopTheStandIn() {
    stopped.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    if (query.contains("watch=true")) {
      watch(exchange);
      return;
    }
    int code = 404;
    JsonNode answer =
        JSON.readTree("{'kind': 'Status', 'status': 'Failure', 'code': 404}".replace('\'', '"'));
    byte[] asked = exchange.getRequestBody().readAllBytes();
    if (List.of("POST", "PATCH").contains(exchange.getRequestMethod())) {
      ObjectNode object = (ObjectNode) JSON.readTree(asked);
      created.add(object.deepCopy());
      object.withObject("/metadata").put("uid", "1");
      object.withObject("/metadata").put("creationTimestamp", "2026-01-01T00:00:00Z");
      code = 201;
      answer = object;
    }
    byte[] body = answer.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /**
   * Reports no change for as long as the client listens. A client that wants a web socket gets the
   * answer of a server without web sockets, and asks again without one.
   */
  private void watch(HttpExchange exchange) throws IOException {
    boolean socket = exchange.getRequestHeaders().containsKey("Upgrade");
    exchange.sendResponseHeaders(200, socket ? -1 : 0);
    try {
      if (!socket) {
        exchange.getResponseBody().flush();
        stopped.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private Submit.Run train(String... options) throws IOException, InterruptedException {
    String master = "k8s://http://127.0.0.1:" + server.getAddress().getPort();
    Map<String, String> home = Map.of("SPARK_HOME", Spark4Home.get().toString());
    return new Submit(folder, master, home).run("train", options);
  }

  /** Returns the only container of the first pod with a role, of which there are {@code number}. */
  private JsonNode container(String role, int number) {
    List<JsonNode> pods =
        created.stream()
            .filter(o -> o.path("kind").asText().equals("Pod"))
            .filter(o -> o.path("metadata").path("labels").path("spark-role").asText().equals(role))
            .toList();
    assertThat(pods).as("pods of the role " + role).hasSize(number);
    JsonNode containers = pods.get(0).path("spec").path("containers");
    assertThat(containers).hasSize(1);
    return containers.get(0);
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
  }

  private static List<String> environment(JsonNode container) {
    return StreamSupport.stream(container.path("env").spliterator(), false)
        .map(e -> e.path("name").asText() + "=" + e.path("value").asText())
        .toList();
  }

  @Test
  void runsTheJarOfTheImageInTheDriversPod() throws IOException, InterruptedException {
    Submit.Run run =
        train(
            "--deploy-mode",
            "cluster",
            "--conf",
            "spark.kubernetes.container.image=eqprop-spark:mine",
            "--conf",
            "spark.kubernetes.submission.waitAppCompletion=false",
            "--driver-memory",
            "3g",
            "--out",
            "hdfs://h/run",
            "--epochs",
            "1");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonNode driver = container("driver", 1);
    assertThat(driver.path("image").asText()).isEqualTo("eqprop-spark:mine");
    assertThat(texts(driver.path("args")))
        .containsExactly(
            "driver",
            "--properties-file",
            "/opt/spark/conf/spark.properties",
            "--class",
            "org.eqprop.cli.Main",
            "local:///opt/eqprop-spark/lib/eqprop-spark-job.jar",
            "train",
            "--out",
            "hdfs://h/run",
            "--epochs",
            "1");
    assertThat(environment(driver)).contains("LC_ALL=C.UTF-8");
    // The heap plus a tenth of it, but at least 384 MiB.
    assertThat(driver.path("resources").path("limits").path("memory").asText())
        .isEqualTo(3 * 1024 + 384 + "Mi");
    Properties properties = new Properties();
    for (JsonNode object : created) {
      properties.load(new StringReader(object.path("data").path("spark.properties").asText()));
    }
    assertThat(properties)
        .containsEntry("spark.executor.memoryOverhead", "4g")
        .containsEntry("spark.jars", "local:///opt/eqprop-spark/lib/eqprop-spark-job.jar")
        .containsEntry(
            "spark.driver.defaultJavaOptions",
            "-Dfile.encoding=UTF-8 -Dorg.bytedeco.javacpp.cachedir=javacpp-cache");
  }

  /** The stand-in starts no pod, so the run gives up. */
  @Test
  void givesTheExecutorsPodsTheSettingsOfTasks() throws IOException, InterruptedException {
    Submit.Run run =
        train(
            "--conf",
            "spark.kubernetes.container.image=eqprop-spark:mine",
            "--conf",
            "spark.driver.host=127.0.0.1",
            "--conf",
            "spark.eqprop.executorTimeout=5s",
            "--conf",
            "spark.executor.instances=3",
            "--executor-cores",
            "2",
            "--out",
            "run");
    assertThat(run.err())
        .contains("eqprop: gave up after 5 s (spark.eqprop.executorTimeout)")
        .doesNotContain("Exception");
    assertThat(run.code()).isEqualTo(Main.BAD_INPUT);
    JsonNode executor = container("executor", 3);
    assertThat(executor.path("image").asText()).isEqualTo("eqprop-spark:mine");
    assertThat(executor.path("resources").path("requests").path("cpu").asText()).isEqualTo("2");
    assertThat(executor.path("resources").path("limits").path("memory").asText())
        .isEqualTo((2 + 4) * 1024 + "Mi");
    assertThat(environment(executor))
        .contains("OMP_NUM_THREADS=1", "LC_ALL=C.UTF-8", "SPARK_EXECUTOR_MEMORY=2048m")
        .anyMatch(e -> e.endsWith("=-Dorg.bytedeco.javacpp.cachedir=javacpp-cache"))
        .anyMatch(e -> e.endsWith("=-Dorg.bytedeco.javacpp.maxphysicalbytes=6g"));
  }
}
