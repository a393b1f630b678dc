// [4] Variables that can make a program run or load something, which a message may never set if a function's configuration
// cannot be read. docs/protocol.md, "What a message can bring", describes the kinds.

/**
 * Names, ignoring case as Windows and some programs do. A missing name lets the holder of a stub's role run code on a laptop;
 * a superfluous one is merely a variable that must be read from the configuration. So the kinds are wide.
 */
const kinds: readonly RegExp[] = [
  // Node.js, Deno and Bun, and the tools that load files for them.
  /^(NODE|DENO|BUN|NPM|NPX|YARN|PNPM|COREPACK|NVM|VOLTA|FNM|UV|V8|TS_NODE|TSX|TSCONFIG|SWC|BABEL|ESBUILD|JITI|ELECTRON|JEST|VITEST|VSCODE|DOTENV|PRISMA)(_|$)/,
  // Python: modules, start-up files, debuggers, environments and installers.
  /^(PYTHON|PYENV|PYTEST|PYDEV|IPYTHON|JUPYTER|DEBUGPY|CONDA|MAMBA|VIRTUALENV|VIRTUAL_ENV|PIP_|PIPENV|PIPX|POETRY|PDM|WERKZEUG|GUNICORN|UWSGI|COVERAGE|MYPY|NUMBA|MATPLOTLIB|MPLBACKEND|MPLCONFIG)/,
  /^(PY_|FLASK_(APP|DEBUG|ENV|RUN_)|OTEL_(PYTHON|JAVA|JAVAAGENT|NODE|DOTNET|PHP|RUBY)_|OTEL_(EXPERIMENTAL_)?CONFIG)/,
  // The dynamic loader, the C library, and sanitizers.
  /^(LD|DYLD|MALLOC|GLIBC|LIBC|MUSL|GCONV|ASAN|LSAN|MSAN|TSAN|UBSAN|RTLD|GETCONF|RESOLV|TERMINFO|NLS)_/,
  /^(GCONV_PATH|LOCPATH|NLSPATH|LOCALDOMAIN|HOSTALIASES|RES_OPTIONS|TZDIR|TERM|TERMCAP|TERMINFO|LIBPATH|SHLIB_PATH)$/,
  // Shells, and the variables by which they find or run programs.
  /^(BASH|ZSH|KSH|FISH_|TCSH|CSH|SHELL|PROMPT(_COMMAND|_DIRTRIM)?$|PS[0-9]$|HIST(FILE|SIZE|CONTROL|IGNORE|CMD)|INPUTRC|READLINE_|GLOBIGNORE|FIGNORE|FCEDIT|POSIXLY|MAILPATH|MAILCHECK)/,
  /^(ENV|ENVFILE|IFS|PATH|CDPATH|FPATH|MANPATH|ZDOTDIR|OPTIND|EXECIGNORE|COMSPEC|PATHEXT|SYSTEMROOT|SYSTEMDRIVE|WINDIR|PSMODULEPATH|PSEXECUTIONPOLICYPREFERENCE|TMOUT|PWD|OLDPWD)$/,
  // The Java virtual machine and its tools, wherever the word occurs.
  /JAVA|JVM|^(JDK|JRE|JBOSS|CATALINA|TOMCAT|MAVEN|MVN|M2|GRADLE|ANT|SBT|KOTLIN|SCALA|GROOVY|CLOJURE|LEIN|OPENJ9|GRAALVM|LOG4J|LOG4J2|LOGBACK|LOGGING_CONFIG|SPRING_(CONFIG|APPLICATION_JSON|MAIN|PROFILES)|QUARKUS_CONFIG|MICRONAUT_CONFIG)(_|$)/,
  /CLASSPATH$/,
  // Ruby, Perl, PHP, .NET, Go, Rust, Lua, R, Julia, Erlang, Tcl and others.
  /^(RUBY|GEM_|BUNDLE|RBENV|RVM|RAKE|IRBRC|PRYRC|RAILS_|RACK_|PERL|PHP|COMPOSER|DOTNET|CORECLR|CORE_|COMPLUS|COR_|NUGET|MSBUILD|MONO_|ASPNETCORE_|RUST|CARGO|LUA|JULIA|ERL|ELIXIR|MIX_|HEX_|REBAR|GHC|OCAML|CAML|TCL|GUILE|SBCL|SWIFT|DART|PUB_|NIM|ZIG|R_|RSCRIPT|RPROFILE|RENVIRON)/,
  /^GO[A-Z0-9]+$/,
  /^GOOGLE_(APPLICATION_CREDENTIALS|EXTERNAL_|API_CERTIFICATE)/,
  // Programs that others start, and their configuration files.
  /^(GIT|SSH|GPG|GNUPG|SVN|HG|CVS|CURL|WGET|RSYNC|RSH|DOCKER|BUILDKIT|KUBE|HELM|TF|TERRAFORM|TOFU|ANSIBLE|VAGRANT|PACKER|CLOUDSDK|GCLOUD|BOTO|GSUTIL|MAKE|CMAKE|CXX|CPP|GCC|CLANG|LLVM|PKG_CONFIG|CONFIG_SITE|LESS|GREP|TAR|GZIP|BZIP2?|XZ|ZSTD|DBUS|SYSTEMD|QT|GTK|GIO|GST|GDK|GSETTINGS|FONTCONFIG|MAGICK|VIPS|FFMPEG|FFPROBE|GDAL|PROJ|PUPPETEER|PLAYWRIGHT|CHROME|CHROMIUM|WEBDRIVER|SELENIUM|TESSDATA|LIBREOFFICE|UNO|WINE)(_|$)/,
  /^(CC|ZIPOPT|UNZIP|UNZIPOPT|MAKEFILES|MAKEFLAGS|MFLAGS|SSLKEYLOGFILE|GNUPGHOME|KUBECONFIG|WGETRC|NETRC|ICEAUTHORITY|XAUTHORITY|DISPLAY)$/,
  /(EDITOR|PAGER|ASKPASS|(^|_)(VISUAL|BROWSER|LESSOPEN|LESSCLOSE))$/,
  // Home, configuration and temporary folders: programs look for start-up files there.
  /^(HOME|HOMEDRIVE|HOMEPATH|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|XDG_.*|.*_HOME|TMP|TEMP|.*TMPDIR|TMPPREFIX)$/,
  // Cryptography, certificates, directory and database drivers: each may load a module or an authority.
  /^(OPENSSL|SSL|GNUTLS|NSS|NSPR|P11|PKCS11|KRB5|GSS|SASL|LDAPCONF|LDAPRC|LDAPNOINIT|LDAPTLS|ODBC|ODBCINI|ODBCSYSINI|TNS|ORA|ORACLE|LIBMYSQL|MYSQL_(HOME|TEST|PLUGIN)|PGSERVICE|PGSERVICEFILE|PGSYSCONFDIR|PGSSL[A-Z]*|PGOPTIONS|PGPASSFILE|SQLITE|SQLITE3|HTTPLIB2|GRPC)(_|$)/,
  /(CA_BUNDLE|CA_FILE|CA_PATH|CERT_FILE|CERT_DIR|CERT_PATH|ROOTS_FILE_PATH)$/,
  // Proxies: where requests go.
  /^PROXY$|(HTTPS?|ALL|NO|FTP|SOCKS[45]?|GRPC|WSS?|RSYNC)_?PROXY$/,
  // AWS's tools: files, profiles, credentials, endpoints. Settings that name none of these are accepted, see `harmlessAws`.
  /^(AWS|AMAZON)_/,
  // What a wrapper around a handler imports: it could be any function of any module.
  /(^|_)HANDLER$/,
  // Common names for such things in other programs.
  /(^|_)(BIN|BINARY|EXE|GRAPHVIZ_DOT|FOR_DYNACONF|PLUGINS?_FOLDER)$/,
  /(^|_)(OPTS|OPTIONS|ARGS|ARGV|CMD|COMMAND|EXEC|EXECUTABLE|INTERPRETER|PRELOAD|PLUGINS?|HOOKS?|STARTUP|BOOTSTRAP|INIT|RCFILE|RC|WRAPPER|LAUNCHER)(_PATH|_FILE|_DIR)?$/,
  /(LIB|LIBS|LIBRARY|LIBRARIES|BIN|BINARY|MODULES?|PLUGINS?|EXTENSIONS?|DRIVERS?|INCLUDES?|CLASSES|SCRIPTS?|PROGRAMS?|TOOLS?|RUNTIME|CONFIG|CONF|PROFILE)_?(PATHS?|FILES?|DIRS?|DIRECTORY|ROOT)$/,
];

/** Settings of AWS's SDKs that select a behaviour. */
const harmlessAws =
  /^AWS_(NODEJS_CONNECTION_REUSE_ENABLED|STS_REGIONAL_ENDPOINTS|XRAY_TRACING_NAME|XRAY_DEBUG_MODE|XRAY_LOG_LEVEL|MAX_ATTEMPTS|RETRY_MODE|DEFAULTS_MODE|USE_DUALSTACK_ENDPOINT|USE_FIPS_ENDPOINT)$/;

/** The name of an environment; frameworks build file names from it, so it must be a plain word. */
const environmentNames = /^(NODE|DENO|BUN|RAILS|RACK|GO|PYTHON|APP)_ENV$|^(DOTNET|ASPNETCORE)_ENVIRONMENT$/;
const plainWord = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** The C library builds file names from these: must be a plain name of a zone or a locale. */
const localeNames = /^(TZ|LANG|LANGUAGE|LC_[A-Z]+)$/;
const localeForm = /^:?[A-Za-z0-9][A-Za-z0-9_.@:+-]*(\/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$/;

/** Whether a program may read this variable to start, load or find code or configuration. */
export function isStartupKind(name: string, value: string): boolean {
  const upper = name.toUpperCase();
  if (environmentNames.test(name)) return !plainWord.test(value);
  if (localeNames.test(upper)) return value.length > 64 || !localeForm.test(value);
  if (harmlessAws.test(name)) return !plainWord.test(value);
  return kinds.some((kind) => kind.test(upper));
}
