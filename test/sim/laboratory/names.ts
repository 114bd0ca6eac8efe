/**
 * Names of invented patients, by script. `native|latin`: the second part is the Latin form where the script is another one. Families with a
 * feminine form give it after a slash.
 */
export interface NamePool {
  script: string;
  /** Share of the patients. */
  weight: number;
  families: string[];
  women: string[];
  men: string[];
}

const words = (text: string): string[] => text.split(',').map((one) => one.trim());

export const namePools: readonly NamePool[] = [
  {
    script: 'irish',
    weight: 6,
    families: words(
      'Ó Dálaigh, Ní Bhriain, Mac Gearailt, Ó Súilleabháin, McKenna, Byrne, O’Connor, Kavanagh, Nic Aodha, Breathnach',
    ),
    women: words('Siobhán, Aoife, Gráinne, Caoimhe, Niamh, Orlaith'),
    men: words('Seán, Pádraig, Ciarán, Oisín, Fionn, Tadhg'),
  },
  {
    script: 'latin',
    weight: 8,
    families: words(
      'Müller, Großmann, Lindqvist, Sørensen, Kowalczyk, Dvořák, Nagy, Şahin, Ionescu, García Núñez, Gonçalves, Lefèvre, Čepulis, Žukauskas, Þórsdóttir, Adeyemi, Okonkwo, Mwangi, van der Berg, Smith',
    ),
    women: words('Zoë, Łucja, Anaïs, Åsa, İpek, Inês, Éva, Bożena, Chidinma, Ngozi'),
    men: words('José, François, Jörg, Søren, Tomáš, Çağlar, Ștefan, Łukasz, Kofi, Björn'),
  },
  {
    script: 'vietnamese',
    weight: 3,
    families: words('Nguyễn, Trần, Phạm, Đặng, Vũ, Bùi'),
    women: words('Thị Hương, Thị Ngọc Ánh, Thu Thủy, Mỹ Dung'),
    men: words('Văn Đức, Quốc Việt, Hữu Phước, Minh Tuấn'),
  },
  {
    script: 'greek',
    weight: 2,
    families: words(
      'Παπαδόπουλος|Papadopoulos/Παπαδοπούλου|Papadopoulou, Γεωργίου|Georgiou, Νικολαΐδης|Nikolaidis/Νικολαΐδη|Nikolaidi',
    ),
    women: words('Ελένη|Eleni, Αικατερίνη|Aikaterini, Σοφία|Sofia, Δέσποινα|Despina'),
    men: words('Γιώργος|Giorgos, Κωνσταντίνος|Konstantinos, Αλέξανδρος|Alexandros'),
  },
  {
    script: 'cyrillic',
    weight: 4,
    families: words(
      'Иванов|Ivanov/Иванова|Ivanova, Шевченко|Shevchenko, Щербаков|Shcherbakov/Щербакова|Shcherbakova, Коваль|Koval, Петровић|Petrović, Димитров|Dimitrov/Димитрова|Dimitrova',
    ),
    women: words('Мария|Mariya, Олена|Olena, Юлія|Yuliia, Ђурђа|Đurđa, Светлана|Svetlana'),
    men: words('Сергей|Sergey, Андрій|Andrii, Ђорђе|Đorđe, Фёдор|Fyodor, Богдан|Bohdan'),
  },
  {
    script: 'arabic',
    weight: 3,
    families: words(
      'منصور|Mansour, الحداد|Al-Haddad, عبد الرحمن|Abd al-Rahman, الخطيب|Al-Khatib, رضایی|Rezaei',
    ),
    women: words('فاطمة الزهراء|Fatima al-Zahra, مريم|Maryam, زينب|Zaynab, پریسا|Parisa'),
    men: words('سمير|Samir, يوسف|Yusuf, محمد|Muhammad, گودرز|Gudarz'),
  },
  {
    script: 'hebrew',
    weight: 2,
    families: words('כהן|Cohen, לוי|Levi, בן־דוד|Ben-David, שפירא|Shapira'),
    women: words('יעל|Yael, רבקה|Rivka, נועה|Noa'),
    men: words('אבנר|Avner, משה|Moshe, איתן|Eitan'),
  },
  {
    script: 'devanagari',
    weight: 2,
    families: words('शर्मा|Sharma, श्रीवास्तव|Shrivastava, थापा|Thapa, देशपांडे|Deshpande'),
    women: words('प्रिया|Priya, लक्ष्मी|Lakshmi, सुनीता|Sunita'),
    men: words('अर्जुन|Arjun, कृष्ण|Krishna, विक्रम|Vikram'),
  },
  {
    script: 'japanese',
    weight: 2,
    families: words('田中|Tanaka, 渡邉|Watanabe, 髙橋|Takahashi, 佐々木|Sasaki'),
    women: words('由美子|Yumiko, さくら|Sakura, 葵|Aoi'),
    men: words('健太|Kenta, 大翔|Hiroto, 一郎|Ichirō'),
  },
  {
    script: 'chinese',
    weight: 2,
    families: words('王|Wang, 欧阳|Ouyang, 陳|Chen, 刘|Liu'),
    women: words('秀英|Xiuying, 美玲|Meiling, 雨桐|Yutong'),
    men: words('伟|Wei, 志明|Zhiming, 浩然|Haoran'),
  },
  {
    script: 'thai',
    weight: 1,
    families: words('ศรีสุวรรณ|Srisuwan, วงศ์ใหญ่|Wongyai'),
    women: words('พรทิพย์|Phornthip, สุดา|Suda'),
    men: words('สมชาย|Somchai, กิตติ|Kitti'),
  },
  {
    script: 'hangul',
    weight: 1,
    families: words('김|Kim, 박|Park, 최|Choi'),
    women: words('지우|Ji-u, 서연|Seo-yeon'),
    men: words('민준|Min-jun, 도윤|Do-yun'),
  },
];
