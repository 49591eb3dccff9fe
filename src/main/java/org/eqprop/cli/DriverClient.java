package org.eqprop.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.Command;
import org.apache.spark.deploy.Command$;
import org.apache.spark.deploy.DeployMessages;
import org.apache.spark.deploy.DriverDescription;
import org.apache.spark.deploy.DriverDescription$;
import org.apache.spark.deploy.master.WorkerInfo;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.resource.ResourceRequirement;
import org.apache.spark.rpc.RpcEnv;
import org.apache.spark.util.Utils;
import org.eqprop.base.InputException;
import org.eqprop.spark.SparkMethod;
import org.jspecify.annotations.Nullable;
import scala.Function6;
import scala.Option;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Runs a verb's driver on a worker of a standalone cluster: {@code --deploy-mode cluster}. Replaces
 * Spark's own client, which submits drivers that fit on no worker, starts them without the module
 * options that Spark needs on Java 17, and exits with 0 whatever happens to them. Started by
 * spark-submit in client mode; the driver gets its configuration.
 */
public final class DriverClient {
  private static final long POLL_MILLIS = 1000;
  private static final int POLLS_BETWEEN_NOTICES = 30;
  private static final int MOST_LOST_POLLS = 30;
  private static final Duration LOG_TIMEOUT = Duration.ofSeconds(5);

  private static final SparkMethod SPLIT = SparkMethod.of(Utils.class, "splitCommandString");

  /**
   * Prefixes of the environment variables that the driver gets; the others only concern this
   * machine.
   */
  private static final List<String> PASSED_ON =
      List.of(
          "OMP_", "OPENBLAS_", "LC_", "EQPROP_CONF", "EQPROP_DEBUG", "LOG4J_", "HADOOP_", "AWS_");

  private final SparkConf conf;
  private final String url;
  private final StandaloneMaster master;
  private @Nullable String worker;

  private DriverClient(SparkConf conf, RpcEnv rpc) {
    this.conf = conf;
    this.url = conf.get("spark.master");
    this.master = new StandaloneMaster(url, rpc);
  }

  /**
   * Submits the driver, waits until it ends, and exits: 0 if it has finished, 1 if it has failed, 2
   * if the cluster has no room for it.
   *
   * @param args verb and options
   */
  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    int code;
    try {
      Locales.check(args);
      SparkConf conf = new SparkConf();
      SparkConf quick = conf.clone().set("spark.rpc.lookupTimeout", "20s");
      quick.set("spark.rpc.askTimeout", "20s");
      SecurityManager security =
          new SecurityManager(quick, Option.empty(), SecurityManager.$lessinit$greater$default$3());
      RpcEnv rpc = RpcEnv.create("driverClient", Utils.localHostName(), 0, quick, security, true);
      code = new DriverClient(conf, rpc).run(args, out, err);
    } catch (RuntimeException e) {
      Failure failure = Failure.of(e);
      err.println("eqprop: " + failure.getMessage());
      code = failure.code();
    }
    Runtime.getRuntime().halt(code);
  }

  private int run(String[] args, PrintStream out, PrintStream err) {
    int cores = conf.getInt("spark.driver.cores", 1);
    int memory = Math.toIntExact(conf.getSizeAsMb("spark.driver.memory", "1g"));
    ClusterCapacity room = new ClusterCapacity(url, cores, memory);
    room.check(
        master.workers().stream()
            .map(w -> new ClusterCapacity.Worker(w.cores(), w.memory()))
            .toList(),
        conf.getInt("spark.executor.cores", 1),
        Math.toIntExact(conf.getSizeAsMb("spark.executor.memory", "1g")));
    var submitted =
        master.ask(
            new DeployMessages.RequestSubmitDriver(description(args, cores, memory)),
            DeployMessages.SubmitDriverResponse.class);
    if (!submitted.success()) {
      throw new InputException("--master " + url + ": " + submitted.message());
    }
    String driver = submitted.driverId().get();
    out.println(driver + " was submitted to " + url);
    Thread notice =
        new Thread(
            () ->
                err.println(
                    "eqprop: interrupted: "
                        + driver
                        + " keeps running; kill it on the master's web page if need be"));
    Runtime.getRuntime().addShutdownHook(notice);
    int code = await(driver, room, out, err);
    Runtime.getRuntime().removeShutdownHook(notice);
    return code;
  }

  private DriverDescription description(String[] args, int cores, int memory) {
    SparkConf theirs = conf.clone().set("spark.submit.deployMode", "cluster");
    List<String> options =
        Arrays.stream(theirs.getAll())
            .filter(setting -> setting._1().startsWith("spark."))
            .map(setting -> "-D" + setting._1() + "=" + setting._2())
            .collect(Collectors.toCollection(ArrayList::new));
    for (String more :
        List.of(
            JavaModuleOptions.defaultModuleOptions(),
            conf.get("spark.driver.defaultJavaOptions", ""),
            conf.get("spark.driver.extraJavaOptions", ""))) {
      options.addAll(SPLIT.list(null, more));
    }
    List<String> arguments =
        new ArrayList<>(List.of("{{WORKER_URL}}", "{{USER_JAR}}", Main.class.getName()));
    arguments.addAll(List.of(args));
    Map<String, String> environment =
        System.getenv().entrySet().stream()
            .filter(e -> PASSED_ON.stream().anyMatch(prefix -> e.getKey().startsWith(prefix)))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    // Called as functions, whose arguments are untyped: see SparkMethod.
    Function6<
            String,
            Seq<String>,
            scala.collection.Map<String, String>,
            Seq<String>,
            Seq<String>,
            Seq<String>,
            Command>
        commands = Command$.MODULE$;
    Function6<String, Object, Object, Object, Command, Seq<ResourceRequirement>, DriverDescription>
        descriptions = DriverDescription$.MODULE$;
    Command command =
        commands.apply(
            "org.apache.spark.deploy.worker.DriverWrapper",
            seq(arguments),
            JavaConverters.mapAsScalaMap(environment),
            paths("spark.driver.extraClassPath"),
            paths("spark.driver.extraLibraryPath"),
            seq(options));
    return descriptions.apply(
        jar(),
        memory,
        cores,
        conf.getBoolean("spark.driver.supervise", false),
        command,
        seq(List.of()));
  }

  /** Returns the URI of the job's jar, which contains this class. */
  private static String jar() {
    return DriverClient.class.getProtectionDomain().getCodeSource().getLocation().toString();
  }

  private Seq<String> paths(String key) {
    return seq(
        Stream.of(conf.get(key, "").split(java.io.File.pathSeparator, -1))
            .filter(path -> !path.isEmpty())
            .toList());
  }

  /** Returns a Scala sequence that can be serialized. */
  private static <T> Seq<T> seq(List<T> list) {
    return JavaConverters.asScalaBuffer(list).toList();
  }

  private int await(String driver, ClusterCapacity room, PrintStream out, PrintStream err) {
    int lost = 0;
    for (int polls = 0; ; polls++) {
      DeployMessages.DriverStatusResponse status;
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
        status =
            master.ask(
                new DeployMessages.RequestDriverStatus(driver),
                DeployMessages.DriverStatusResponse.class);
        lost = 0;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Main.INTERRUPTED;
      } catch (Exception e) { // SparkException, too, which Scala's signatures do not declare
        if (++lost < MOST_LOST_POLLS) {
          continue;
        }
        err.println(
            "eqprop: the master "
                + url
                + " no longer answers: "
                + StandaloneMaster.reason(e)
                + "; "
                + driver
                + " may still be running");
        return Main.FAILED;
      }
      String state = status.found() ? status.state().get().toString() : "unknown to the master";
      if (status.workerId().isDefined() && worker == null) {
        worker = workerPage(status.workerId().get());
        out.println(
            driver
                + " is running on "
                + status.workerHostPort().get()
                + "; its output: "
                + log("logPage", driver, "stdout"));
      }
      switch (state) {
        case "FINISHED" -> {
          out.println(driver + " has finished");
          return 0;
        }
        case "SUBMITTED", "RUNNING", "RELAUNCHING" -> {
          if (worker == null && polls % POLLS_BETWEEN_NOTICES == 1) {
            out.println(driver + " is waiting for a worker with " + room.driver() + " free");
          }
        }
        default -> {
          err.println("eqprop: " + driver + ": " + state + ": " + why(driver, status));
          return Main.FAILED;
        }
      }
    }
  }

  private @Nullable String workerPage(String id) {
    return master.workers().stream()
        .filter(candidate -> candidate.id().equals(id))
        .map(WorkerInfo::webUiAddress)
        .findFirst()
        .orElse(null);
  }

  private String log(String page, String driver, String stream) {
    return worker + "/" + page + "/?driverId=" + driver + "&logType=" + stream;
  }

  /**
   * Returns the last message of the driver, if its worker provides the log, and the address of the
   * log.
   */
  private String why(String driver, DeployMessages.DriverStatusResponse status) {
    if (status.exception().isDefined()) {
      return StandaloneMaster.reason(status.exception().get());
    }
    if (worker == null) {
      return "it had not started";
    }
    String where = "its log: " + log("logPage", driver, "stderr");
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(log("log", driver, "stderr")))
              .timeout(LOG_TIMEOUT)
              .build();
      String text =
          HttpClient.newBuilder()
              .connectTimeout(LOG_TIMEOUT)
              .build()
              .send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
              .body();
      return text.lines()
          .filter(line -> line.startsWith("eqprop: "))
          .reduce((first, last) -> last)
          .map(line -> line.substring("eqprop: ".length()) + "; " + where)
          .orElse(where);
    } catch (IOException e) { // the address of the log still helps
      return where;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return where;
    }
  }
}
