package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.eqprop.base.InputException;
import org.eqprop.config.Hocon.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class HoconTest {
  /** An environment variable that is set when tests run. */
  private static final String VARIABLE = "OMP_NUM_THREADS";

  private static void refused(String text, Source source, String expected) {
    assertThatThrownBy(() -> Hocon.parse(text, "f.conf", source))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("f.conf: ")
        .hasMessageContaining(expected)
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "include \"a.conf\"",
        "include file(\"/etc/a.conf\")",
        "include classpath(\"conf/mnist.conf\")",
        "include required(file(\"/etc/a.conf\"))",
        "include required(classpath(\"conf/mnist.conf\"))",
        "a { b { include \"a\" } }",
        "a = [{ include \"a\" }]"
      })
  void refusesIncludes(String text) {
    refused(text, Source.USER, ": expected all keys in one file; copy the included ones");
    refused(text, Source.STORED, ": expected all keys in one file");
    refused("{" + text + "}", Source.JSON, "");
  }

  @Test
  void fetchesNoUrls() throws IOException {
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.incrementAndGet();
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    server.start();
    try {
      String url = "url(\"http://127.0.0.1:" + server.getAddress().getPort() + "/a.conf\")";
      for (Source source : Source.values()) {
        refused("include " + url, source, "");
        refused("include required(" + url + ")", source, "");
      }
    } finally {
      server.stop(0);
    }
    assertThat(requests).hasValue(0);
  }

  @Test
  void substitutesTheEnvironmentOnlyInAUsersText() {
    String value = System.getenv(VARIABLE);
    assertThat(value).isNotEmpty();
    String text = "a = ${?" + VARIABLE + "}, b = 2";
    assertThat(Hocon.parse(text, "f.conf", Source.USER).getString("a")).isEqualTo(value);
    refused(text, Source.STORED, "a substitution (${NAME} or +=): expected literal values");
    refused("{\"a\": ${" + VARIABLE + "}}", Source.JSON, "");
    assertThat(
            Hocon.parse("{\"a\": \"${" + VARIABLE + "}\"}", "f.conf", Source.JSON).getString("a"))
        .isEqualTo("${" + VARIABLE + "}");
    refused("a = ${nowhere}", Source.USER, "nowhere");
  }

  @Test
  void doesNotSubstituteSystemProperties() {
    assertThat(System.getProperty("java.version")).isNotNull();
    refused("a = ${java.version}", Source.USER, "java.version");
  }

  @Test
  void reportsCircularAndLongSubstitutionsInOneLine() {
    refused("a = ${b}, b = ${a}", Source.USER, "");
    StringBuilder chain = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      chain.append('a').append(i).append(" = ${a").append(i + 1).append("}\n");
    }
    refused(chain + "a20000 = 1", Source.USER, "too long a chain of substitutions");
  }

  @ParameterizedTest
  @EnumSource
  void refusesDeepNestingBeforeParsing(Source source) {
    String deep = "[".repeat(30_000) + "]".repeat(30_000);
    for (String text :
        List.of(
            "{\"a\": " + deep + "}",
            "{\"a\":".repeat(30_000) + "1" + "}".repeat(30_000),
            "{\"b\": \"]\", \"a\": " + "[\"]\",".repeat(65))) {
      refused(text, source, "nested too deep: expected at most 64 levels");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a {",
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = {",
        "\"a\".a.\"a.b\".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a : {",
        "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = # [\n\n {",
        "\"\"\" \" ]}]}]} \"\"\".a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a {"
      })
  void pathsAndBracketsCountTogether(String level) {
    refused("a" + ".a".repeat(20_000) + " = 1", Source.USER, "nested too deep");
    refused("b = ${a" + ".a".repeat(20_000) + "}", Source.USER, "nested too deep");
    refused(level.repeat(4) + "}".repeat(4), Source.USER, "nested too deep");
    assertThat(Hocon.parse(level.repeat(2) + "}".repeat(2), "f.conf", Source.USER).root())
        .hasSize(1);
  }

  @Test
  void quotesCommentsAndWidthDoNotCountAsDepth() {
    String brackets = "[{".repeat(100);
    String text =
        "# "
            + brackets
            + "\n// "
            + brackets
            + "\na = \""
            + brackets
            + "\\\""
            + brackets
            + "\"\n"
            + "b = \"\"\""
            + brackets
            + "\"\"\"\"\nc = ["
            + "[0.1, 0.2], ".repeat(1000)
            + "]\n"
            + "d.e.f = 1\n".repeat(100);
    var config = Hocon.parse(text, "f.conf", Source.STORED);
    assertThat(config.getString("a")).hasSize(401);
    assertThat(config.getString("b")).hasSize(201);
    assertThat(config.getList("c")).hasSize(1000);
    assertThat(config.getInt("d.e.f")).isOne();
  }

  @Test
  void refusesTextsThatAreTooLong() {
    refused(
        "a = 1 #" + "x".repeat(Hocon.MOST), Source.USER, "expected at most 1,048,576 characters");
  }

  @Test
  void readsWholeNumbersExactly() {
    assertThat(Hocon.whole("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
    assertThat(Hocon.whole("-9223372036854775808")).isEqualTo(Long.MIN_VALUE);
    assertThat(Hocon.whole("9007199254740993")).isEqualTo((1L << 53) + 1);
    assertThat(Hocon.whole(" 1e3 ")).isEqualTo(1000);
    assertThat(Hocon.whole("3.0")).isEqualTo(3);
    for (String text :
        List.of(
            "9223372036854775808", "1e19", "1e999999999", "1e-999999999", "0.5", "1".repeat(101))) {
      assertThatThrownBy(() -> Hocon.whole(text)).isInstanceOf(ArithmeticException.class);
    }
    assertThatThrownBy(() -> Hocon.whole("one")).isInstanceOf(NumberFormatException.class);
  }
}
