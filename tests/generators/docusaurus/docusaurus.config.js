const config = {
  title: 'Harbour Docs',
  tagline: 'What the sea brings',
  url: 'https://docusaurus.example',
  baseUrl: '/site/',
  onBrokenLinks: 'ignore',
  i18n: { defaultLocale: 'en', locales: ['en'] },
  presets: [
    [
      'classic',
      {
        docs: false,
        pages: false,
        blog: {
          path: 'blog',
          routeBasePath: 'journal',
          onInlineAuthors: 'ignore',
          onUntruncatedBlogPosts: 'ignore',
          feedOptions: { type: ['atom'], limit: false },
        },
      },
    ],
  ],
  plugins: [
    [
      '@docusaurus/plugin-content-blog',
      {
        id: 'news',
        path: './news',
        routeBasePath: 'news',
        onInlineAuthors: 'ignore',
        onUntruncatedBlogPosts: 'ignore',
        feedOptions: { type: ['atom'], limit: false },
      },
    ],
  ],
};
module.exports = config;
