package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;

class LiveServerTest {
  private static String ask(LiveServer server, String request, String host) throws IOException {
    URI url = URI.create(server.url());
    try (Socket socket = new Socket(url.getHost(), url.getPort());
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      socket
          .getOutputStream()
          .write(
              (request + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.UTF_8));
      return in.lines().collect(Collectors.joining("\n"));
    }
  }

  @Test
  void servesThePageAndItsVersionReadOnly() throws IOException {
    try (LiveServer server = new LiveServer("")) {
      assertThat(server.url()).matches("http://127\\.0\\.0\\.1:\\d+/");
      server.update("<p>β</p>", "7");
      assertThat(ask(server, "GET /", "127.0.0.1"))
          .startsWith("HTTP/1.1 200")
          .contains("default-src 'none'")
          .endsWith("<p>β</p>");
      assertThat(ask(server, "GET /version", "localhost:99")).endsWith("7");
      assertThat(ask(server, "HEAD /", "127.0.0.1")).startsWith("HTTP/1.1 200").doesNotContain("β");
      assertThat(ask(server, "POST /", "127.0.0.1")).startsWith("HTTP/1.1 405");
      assertThat(ask(server, "GET /../etc/passwd", "127.0.0.1")).startsWith("HTTP/1.1 404");
      assertThat(ask(server, "GET /", "evil.example")).startsWith("HTTP/1.1 403");
    }
  }

  @Test
  void aNumberIsAPortOfTheLoopbackAddress() {
    try (LiveServer server = new LiveServer("0")) {
      assertThat(server.url()).startsWith("http://127.0.0.1:");
      String taken = server.url().replaceAll("\\D+$", "").replaceAll(".*:", "");
      assertThatThrownBy(() -> new LiveServer(taken))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--live " + taken + ": ")
          .hasMessageContaining("expected a free HOST:PORT");
    }
    for (String wrong : new String[] {"127.0.0.1:port", "127.0.0.1:99999", "no such host:1"}) {
      assertThatThrownBy(() -> new LiveServer(wrong)).isInstanceOf(InputException.class);
    }
  }
}
