package org.eqprop.cli;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.deploy.DeployMessages;
import org.apache.spark.deploy.master.WorkerInfo;
import org.apache.spark.rpc.RpcAddress;
import org.apache.spark.rpc.RpcEndpointRef;
import org.apache.spark.rpc.RpcEnv;
import org.eqprop.base.InputException;
import scala.reflect.ClassTag$;

/** The active master of a standalone cluster, called by RPC like Spark's own client does. */
final class StandaloneMaster {
  private static final String SCHEME = "spark://";
  private static final int CONNECT_MILLIS = 5000;

  private final RpcEndpointRef endpoint;

  /**
   * @param url URL of one or several masters, {@code spark://HOST:PORT,…}
   * @throws InputException if none of them answers and is active
   */
  StandaloneMaster(String url, RpcEnv rpc) {
    endpoint = active(url, rpc);
  }

  /**
   * Checks that something listens at the address of a standalone master; Spark would only give up
   * after a minute.
   *
   * @param url a master of any kind; only that of standalone masters is checked
   * @throws InputException if all the masters' hosts refuse the connection or are unknown
   */
  static void checkListens(String url) {
    if (!url.startsWith(SCHEME)) {
      return;
    }
    String reason = "";
    for (String host : masters(url)) {
      try (Socket socket = new Socket()) {
        RpcAddress address = RpcAddress.fromSparkURL(host);
        socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_MILLIS);
        return;
      } catch (ConnectException | UnknownHostException e) {
        reason = InputException.reason(e);
      } catch (Exception e) { // such as a slow answer or a malformed URL, which Spark deals with
        return;
      }
    }
    throw new InputException(
        "--master "
            + url
            + ": no answer: "
            + reason
            + ": expected the URL of a running standalone master, which its web page shows"
            + " (submit/cluster start starts one on this machine)");
  }

  /** Returns the URL of each master. */
  private static List<String> masters(String url) {
    return Arrays.stream(url.substring(SCHEME.length()).split(",", -1))
        .map(SCHEME::concat)
        .toList();
  }

  private static RpcEndpointRef active(String url, RpcEnv rpc) {
    String reason = "none of the masters is active";
    for (String host : masters(url)) {
      try {
        RpcEndpointRef endpoint = rpc.setupEndpointRef(RpcAddress.fromSparkURL(host), "Master");
        if (state(endpoint).status().toString().equals("ALIVE")) {
          return endpoint;
        }
      } catch (RuntimeException e) {
        reason = reason(e);
      } catch (Exception e) { // SparkException, which Scala's signatures do not declare
        reason = reason(e);
      }
    }
    throw new InputException("--master " + url + ": the master does not answer: " + reason);
  }

  /** Returns the root cause of a failure, in words. */
  static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return InputException.reason(root);
  }

  private static DeployMessages.MasterStateResponse state(RpcEndpointRef endpoint) {
    return ask(
        endpoint,
        DeployMessages.RequestMasterState$.MODULE$,
        DeployMessages.MasterStateResponse.class);
  }

  /** Asks the master, and waits for its answer. */
  <T> T ask(Object message, Class<T> answer) {
    return ask(endpoint, message, answer);
  }

  private static <T> T ask(RpcEndpointRef endpoint, Object message, Class<T> answer) {
    return endpoint.askSync(message, ClassTag$.MODULE$.apply(answer));
  }

  /** Returns the workers that are alive. */
  List<WorkerInfo> workers() {
    return Arrays.stream(state(endpoint).workers()).filter(WorkerInfo::isAlive).toList();
  }
}
