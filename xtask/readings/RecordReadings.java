import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * What Java's two classes make of URLs.
 *
 * <p>Lines and answers are as {@code cargo xtask readings} documents them
 * (xtask/src/readings/programs.rs).
 */
public final class RecordReadings {
    private interface Reader {
        String read(String text) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        var version = "JDK " + System.getProperty("java.version");
        System.out.println("java_uri=" + version + "\tjava_url=" + version);
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        var answers = new StringBuilder();
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            var text = new String(HexFormat.of().parseHex(line), StandardCharsets.UTF_8);
            answers.append(answer(RecordReadings::uri, text)).append('\t').append(answer(RecordReadings::url, text)).append('\n');
        }
        System.out.print(answers);
    }

    private static String uri(String text) throws Exception {
        var uri = new URI(text);
        return field(uri.getHost()) + "," + field(port(uri.getPort()));
    }

    @SuppressWarnings("deprecation")
    private static String url(String text) throws Exception {
        var url = new URL(text);
        return field(url.getHost()) + "," + field(port(url.getPort()));
    }

    private static String port(int port) {
        return port == -1 ? null : Integer.toString(port);
    }

    private static String field(String value) {
        return value == null ? "-" : "=" + HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8));
    }

    private static String answer(Reader reader, String text) {
        try {
            return reader.read(text);
        } catch (Exception refused) {
            return "!";
        }
    }
}
